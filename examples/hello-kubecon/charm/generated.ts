// Written by `charmwright generate` from the charm's YAML files. Do not edit.
import type { CharmSpec } from 'charmwright';

export const spec = {
  "name": "hello-kubecon",
  "endpoints": {
    "ingress": {
      "role": "requires",
      "interface": "ingress",
      "limit": 1,
      "optional": true
    }
  },
  "extraBindings": [],
  "containers": {
    "gosherve": {
      "resource": "gosherve-image",
      "mounts": [
        {
          "storage": "webroot",
          "location": "/srv"
        }
      ]
    }
  },
  "storage": {
    "webroot": {
      "type": "filesystem",
      "location": "/srv",
      "count": {
        "min": 1,
        "max": 1
      }
    }
  },
  "resources": {
    "gosherve-image": {
      "type": "oci-image"
    }
  },
  "config": {
    "redirect-map": {
      "type": "string",
      "default": ""
    },
    "site-url": {
      "type": "string",
      "default": "https://jnsgr.uk/demo-site"
    }
  },
  "actions": {
    "pull-site": {
      "required": [],
      "additionalProperties": false,
      "params": {}
    }
  }
} as const satisfies CharmSpec;

export type Spec = typeof spec;
