// Written by `charmwright generate` from metadata.yaml, config.yaml and actions.yaml. Do not edit.
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
      "default": "hello",
      "description": "The word this unit greets with. Empty, and the unit is blocked."
    }
  },
  "actions": {
    "greet": {
      "description": "Greets somebody by name.",
      "params": {
        "name": {
          "type": "string",
          "minLength": 1,
          "description": "Who is greeted."
        }
      },
      "required": [
        "name"
      ],
      "additionalProperties": false
    }
  }
} as const satisfies CharmSpec;

export type Spec = typeof spec;
