// Written by `charmwright generate` from the charm's YAML files. Do not edit.
import type { CharmSpec } from 'charmwright';

export const spec = {
  "name": "mirror-k8s",
  "endpoints": {
    "db": {
      "role": "requires",
      "interface": "mirror_db",
      "optional": true
    }
  },
  "extraBindings": [],
  "containers": {
    "work": {
      "resource": "work-image"
    }
  },
  "storage": {},
  "resources": {
    "work-image": {
      "type": "oci-image"
    }
  },
  "config": {
    "key": {
      "type": "secret"
    }
  },
  "actions": {}
} as const satisfies CharmSpec;

export type Spec = typeof spec;
