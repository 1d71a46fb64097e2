// Written by `charmwright generate` from the charm's YAML files. Do not edit.
import type { CharmSpec } from 'charmwright';

export const spec = {
  "name": "my-charm",
  "endpoints": {
    "page": {
      "role": "provides",
      "interface": "web_page"
    },
    "neighbour": {
      "role": "requires",
      "interface": "web_page",
      "limit": 1,
      "optional": true
    }
  },
  "extraBindings": [],
  "containers": {
    "web": {
      "resource": "web-image"
    }
  },
  "storage": {},
  "resources": {
    "web-image": {
      "type": "oci-image"
    }
  },
  "config": {
    "greeting": {
      "type": "string",
      "default": "Hello"
    },
    "port": {
      "type": "int",
      "default": 8080
    }
  },
  "actions": {
    "greet": {
      "required": [
        "name"
      ],
      "additionalProperties": false,
      "params": {
        "name": {
          "type": "string",
          "minLength": 1
        }
      }
    }
  }
} as const satisfies CharmSpec;

export type Spec = typeof spec;
