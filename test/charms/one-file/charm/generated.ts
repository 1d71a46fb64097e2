// Written by `charmwright generate` from the charm's YAML files. Do not edit.
import type { CharmSpec } from 'charmwright';

export const spec = {
  "name": "one-file-k8s",
  "endpoints": {
    "site": {
      "role": "provides",
      "interface": "http"
    },
    "database": {
      "role": "requires",
      "interface": "postgresql_client",
      "limit": 1,
      "optional": true
    },
    "one-file-peers": {
      "role": "peer",
      "interface": "one_file_peers"
    }
  },
  "extraBindings": [
    "public"
  ],
  "containers": {
    "web": {
      "resource": "web-image",
      "mounts": [
        {
          "storage": "data",
          "location": "/data"
        },
        {
          "storage": "data",
          "location": "/srv/data"
        }
      ],
      "uid": 170
    }
  },
  "storage": {
    "data": {
      "type": "filesystem",
      "minimumSize": "1G",
      "properties": [
        "transient"
      ],
      "count": {
        "min": 0,
        "max": 2
      }
    }
  },
  "resources": {
    "web-image": {
      "type": "oci-image"
    },
    "page": {
      "type": "file",
      "filename": "page.html"
    }
  },
  "config": {
    "port": {
      "type": "int",
      "default": 8080
    },
    "motto": {
      "type": "string",
      "default": "yes"
    },
    "ratio": {
      "type": "float",
      "default": 1
    },
    "debug": {
      "type": "boolean",
      "default": false
    },
    "token": {
      "type": "secret"
    }
  },
  "actions": {
    "measure": {
      "required": [],
      "additionalProperties": false,
      "params": {
        "unit": {
          "type": "string",
          "enum": [
            "bytes",
            "lines"
          ],
          "default": "bytes"
        }
      },
      "results": {
        "size": {
          "type": "integer"
        },
        "unit": {
          "type": "string",
          "enum": [
            "bytes",
            "lines"
          ]
        }
      }
    }
  }
} as const satisfies CharmSpec;

export type Spec = typeof spec;
