// Written by `charmwright generate` from the charm's YAML files. Do not edit.
import type { CharmSpec } from 'charmwright';

export const spec = {
  "name": "hello-k8s",
  "endpoints": {
    "hello-peers": {
      "role": "peer",
      "interface": "hello_peers"
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
