// Written by `charmwright generate` from the charm's YAML files. Do not edit.
import type { CharmSpec } from 'charmwright';

export const spec = {
  "name": "feeds-k8s",
  "endpoints": {
    "feed": {
      "role": "requires",
      "interface": "bench_feed"
    }
  },
  "extraBindings": [],
  "containers": {},
  "storage": {},
  "resources": {},
  "config": {
    "greeting": {
      "type": "string",
      "default": "hello"
    }
  },
  "actions": {}
} as const satisfies CharmSpec;

export type Spec = typeof spec;
