// Written by `charmwright generate` from the charm's YAML files. Do not edit.
import type { CharmSpec } from 'charmwright';

export const spec = {
  "name": "httpbin-k8s",
  "endpoints": {
    "http": {
      "role": "provides",
      "interface": "http",
      "optional": true
    }
  },
  "extraBindings": [],
  "containers": {
    "httpbin": {
      "resource": "httpbin-image"
    }
  },
  "storage": {},
  "resources": {
    "httpbin-image": {
      "type": "oci-image"
    }
  },
  "config": {
    "log-format": {
      "type": "string",
      "default": "text"
    },
    "max-duration": {
      "type": "int",
      "default": 10
    }
  },
  "actions": {}
} as const satisfies CharmSpec;

export type Spec = typeof spec;
