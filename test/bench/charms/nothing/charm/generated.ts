// Written by `charmwright generate` from metadata.yaml, config.yaml and actions.yaml. Do not edit.
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
