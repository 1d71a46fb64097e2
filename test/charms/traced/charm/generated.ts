// Written by `charmwright generate` from the charm's YAML files. Do not edit.
import type { CharmSpec } from 'charmwright';

export const spec = {
  "name": "traced-k8s",
  "endpoints": {
    "charm-tracing": {
      "role": "requires",
      "interface": "tracing",
      "limit": 1,
      "optional": true
    },
    "receive-ca-cert": {
      "role": "requires",
      "interface": "certificate_transfer",
      "optional": true
    }
  },
  "extraBindings": [],
  "containers": {
    "web": {}
  },
  "storage": {},
  "resources": {},
  "config": {
    "greeting": {
      "type": "string",
      "default": "hello"
    },
    "fail": {
      "type": "boolean",
      "default": false
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
          "type": "string"
        }
      }
    }
  }
} as const satisfies CharmSpec;

export type Spec = typeof spec;
