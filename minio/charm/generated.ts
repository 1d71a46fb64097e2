// Written by `charmwright generate` from metadata.yaml, config.yaml and actions.yaml. Do not edit.
import type { CharmSpec } from 'charmwright';

export const spec = {
  "name": "minio-k8s",
  "endpoints": {
    "s3": {
      "role": "provides",
      "interface": "s3"
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
      "type": "oci-image",
      "upstreamSource": "minio/minio:RELEASE.2025-09-07T16-13-09Z"
    }
  },
  "config": {
    "region": {
      "type": "string",
      "default": "us-east-1",
      "description": "The region MinIO answers for. Clients must sign their requests for it; related applications are told.\nChanging it restarts MinIO."
    },
    "shared-buckets": {
      "type": "boolean",
      "default": false,
      "description": "Let several related applications have the same bucket, when they ask for one name. When false the first\none has it and the others are refused, because most applications take a bucket for theirs alone."
    }
  },
  "actions": {
    "create-bucket": {
      "description": "Creates a bucket. One that is there already is left as it is.",
      "params": {
        "name": {
          "type": "string",
          "description": "3 to 63 lower-case letters, digits, hyphens and dots; a letter or a digit at both ends.\n"
        }
      },
      "required": [
        "name"
      ],
      "additionalProperties": false
    },
    "list-buckets": {
      "description": "Lists the buckets with their creation time, and the objects and bytes in them as MinIO counted them last\n(it counts about once a minute).",
      "params": {},
      "required": [],
      "additionalProperties": false
    },
    "rotate-credentials": {
      "description": "Gives related applications a new secret key. The old one stops working at once; each application goes on\nas soon as it has read the new one.",
      "params": {
        "relation-id": {
          "type": "integer",
          "minimum": 0,
          "description": "Only for this relation: the number in `juju show-unit minio-k8s/0`. Without it, for all.\n"
        }
      },
      "required": [],
      "additionalProperties": false
    }
  }
} as const satisfies CharmSpec;

export type Spec = typeof spec;
