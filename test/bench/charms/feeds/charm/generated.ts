// Written by `charmwright generate` from metadata.yaml, config.yaml and actions.yaml. Do not edit.
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
      "default": "hello",
      "description": "Published in every relation."
    }
  },
  "actions": {}
} as const satisfies CharmSpec;

export type Spec = typeof spec;
