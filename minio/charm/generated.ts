// Written by `charmwright generate` from the charm's YAML files. Do not edit.
import type { CharmSpec } from 'charmwright';

export const spec = {
  "name": "minio-k8s",
  "endpoints": {
    "s3": {
      "role": "provides",
      "interface": "s3",
      "optional": true
    }
  },
  "extraBindings": [],
  "containers": {
    "minio": {
      "resource": "minio-image",
      "mounts": [
        {
          "storage": "data",
          "location": "/data"
        }
      ]
    }
  },
  "storage": {
    "data": {
      "type": "filesystem",
      "minimumSize": "1G",
      "count": {
        "min": 1,
        "max": 1
      }
    }
  },
  "resources": {
    "minio-image": {
      "type": "oci-image"
    }
  },
  "config": {
    "region": {
      "type": "string",
      "default": "us-east-1"
    },
    "shared-buckets": {
      "type": "boolean",
      "default": false
    }
  },
  "actions": {
    "create-bucket": {
      "required": [
        "name"
      ],
      "additionalProperties": false,
      "params": {
        "name": {
          "type": "string"
        }
      },
      "results": {
        "bucket": {
          "type": "string"
        },
        "created": {
          "type": "boolean"
        }
      }
    },
    "list-buckets": {
      "required": [],
      "additionalProperties": false,
      "params": {},
      "results": {
        "count": {
          "type": "integer"
        },
        "buckets": {
          "type": "string"
        }
      }
    },
    "rotate-credentials": {
      "required": [],
      "additionalProperties": false,
      "params": {
        "relation-id": {
          "type": "integer",
          "minimum": 0
        }
      },
      "results": {
        "rotated": {
          "type": "integer"
        },
        "relations": {
          "type": "string"
        }
      }
    }
  }
} as const satisfies CharmSpec;

export type Spec = typeof spec;
