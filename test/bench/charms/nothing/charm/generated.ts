// Written by `charmwright generate` from the charm's YAML files. Do not edit.
import type { CharmSpec } from 'charmwright';

export const spec = {
  "name": "nothing-k8s",
  "endpoints": {},
  "extraBindings": [],
  "containers": {},
  "storage": {},
  "resources": {},
  "config": {},
  "actions": {}
} as const satisfies CharmSpec;

export type Spec = typeof spec;
