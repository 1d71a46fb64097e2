// Written by `charmwright generate` from the charm's YAML files. Do not edit.
import type { CharmSpec } from 'charmwright';

export const spec = {
  "name": "memcached-k8s",
  "endpoints": {
    "cache": {
      "role": "provides",
      "interface": "memcache",
      "optional": true
    }
  },
  "extraBindings": [],
  "containers": {
    "memcached": {
      "resource": "memcached-image"
    }
  },
  "storage": {},
  "resources": {
    "memcached-image": {
      "type": "oci-image"
    }
  },
  "config": {},
  "actions": {}
} as const satisfies CharmSpec;

export type Spec = typeof spec;
