// Written by `charmwright generate` from the charm's YAML files. Do not edit.
import type { CharmSpec } from 'charmwright';

export const spec = {
  "name": "redis-k8s",
  "endpoints": {
    "redis": {
      "role": "provides",
      "interface": "redis",
      "optional": true
    },
    "redis-peers": {
      "role": "peer",
      "interface": "redis_peers"
    }
  },
  "extraBindings": [],
  "containers": {
    "redis": {
      "resource": "redis-image",
      "mounts": [
        {
          "storage": "database",
          "location": "/data"
        }
      ]
    }
  },
  "storage": {
    "database": {
      "type": "filesystem",
      "count": {
        "min": 1,
        "max": 1
      }
    }
  },
  "resources": {
    "redis-image": {
      "type": "oci-image"
    }
  },
  "config": {
    "maxmemory": {
      "type": "string",
      "default": ""
    }
  },
  "actions": {
    "get-password": {
      "required": [],
      "additionalProperties": false,
      "params": {}
    },
    "rotate-password": {
      "required": [],
      "additionalProperties": false,
      "params": {}
    }
  }
} as const satisfies CharmSpec;

export type Spec = typeof spec;
