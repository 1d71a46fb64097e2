// Written by `charmwright generate` from the charm's YAML files. Do not edit.
import type { CharmSpec } from 'charmwright';

export const spec = {
  "name": "tester-k8s",
  "endpoints": {
    "send-remote-write": {
      "role": "requires",
      "interface": "prometheus_remote_write",
      "optional": true
    },
    "receive-ca-cert": {
      "role": "requires",
      "interface": "certificate_transfer",
      "optional": true
    },
    "peers": {
      "role": "peer",
      "interface": "tester_peers"
    }
  },
  "extraBindings": [],
  "containers": {
    "prometheus": {
      "resource": "prometheus-image"
    }
  },
  "storage": {},
  "resources": {
    "prometheus-image": {
      "type": "oci-image"
    }
  },
  "config": {
    "mode": {
      "type": "string",
      "default": "agent"
    },
    "targets": {
      "type": "string",
      "default": ""
    },
    "scrape-interval": {
      "type": "string",
      "default": "15s"
    },
    "external-labels": {
      "type": "string",
      "default": ""
    },
    "alert-rules": {
      "type": "string",
      "default": ""
    }
  },
  "actions": {}
} as const satisfies CharmSpec;

export type Spec = typeof spec;
