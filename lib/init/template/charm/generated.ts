// Written by `charmwright generate` from metadata.yaml, config.yaml and actions.yaml. Do not edit.
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
      "type": "oci-image",
      "upstreamSource": "node:26-slim"
    }
  },
  "config": {
    "greeting": {
      "type": "string",
      "default": "Hello",
      "description": "How the page greets."
    },
    "port": {
      "type": "int",
      "default": 8080,
      "description": "Where the page is served."
    }
  },
  "actions": {
    "greet": {
      "description": "Asks the web server to greet somebody.",
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
