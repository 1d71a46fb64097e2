// Written by `charmwright generate` from the charm's YAML files. Do not edit.
import type { CharmSpec } from 'charmwright';

export const spec = {
  "name": "mimir-k8s",
  "endpoints": {
    "receive-remote-write": {
      "role": "provides",
      "interface": "prometheus_remote_write",
      "optional": true
    },
    "grafana-source": {
      "role": "provides",
      "interface": "grafana_datasource",
      "optional": true
    },
    "grafana-source-alertmanager": {
      "role": "provides",
      "interface": "grafana_datasource",
      "optional": true
    },
    "send-datasource": {
      "role": "provides",
      "interface": "grafana_datasource_exchange",
      "optional": true
    },
    "prometheus-api": {
      "role": "provides",
      "interface": "prometheus_api",
      "optional": true
    },
    "grafana-dashboards-provider": {
      "role": "provides",
      "interface": "grafana_dashboard",
      "optional": true
    },
    "self-metrics-endpoint": {
      "role": "provides",
      "interface": "prometheus_scrape",
      "optional": true
    },
    "mimir-cluster": {
      "role": "provides",
      "interface": "mimir_cluster",
      "optional": true
    },
    "s3": {
      "role": "requires",
      "interface": "s3",
      "limit": 1,
      "optional": true
    },
    "ingress": {
      "role": "requires",
      "interface": "ingress",
      "limit": 1,
      "optional": true
    },
    "alertmanager": {
      "role": "requires",
      "interface": "alertmanager_dispatch",
      "optional": true
    },
    "catalogue": {
      "role": "requires",
      "interface": "catalogue",
      "optional": true
    },
    "charm-tracing": {
      "role": "requires",
      "interface": "tracing",
      "limit": 1,
      "optional": true
    },
    "workload-tracing": {
      "role": "requires",
      "interface": "tracing",
      "limit": 1,
      "optional": true
    },
    "logging-consumer": {
      "role": "requires",
      "interface": "loki_push_api",
      "optional": true
    },
    "cache": {
      "role": "requires",
      "interface": "memcache",
      "optional": true
    },
    "redis": {
      "role": "requires",
      "interface": "redis",
      "limit": 1,
      "optional": true
    },
    "certificates": {
      "role": "requires",
      "interface": "tls-certificates",
      "limit": 1,
      "optional": true
    },
    "receive-ca-cert": {
      "role": "requires",
      "interface": "certificate_transfer",
      "optional": true
    },
    "join-cluster": {
      "role": "requires",
      "interface": "mimir_cluster",
      "optional": true
    },
    "mimir-peers": {
      "role": "peer",
      "interface": "mimir_peers"
    }
  },
  "extraBindings": [],
  "containers": {
    "mimir": {
      "resource": "mimir-image",
      "mounts": [
        {
          "storage": "data",
          "location": "/data"
        }
      ]
    },
    "gateway": {
      "resource": "nginx-image"
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
    "mimir-image": {
      "type": "oci-image"
    },
    "nginx-image": {
      "type": "oci-image"
    }
  },
  "config": {
    "roles": {
      "type": "string",
      "default": "all"
    },
    "multitenancy": {
      "type": "boolean",
      "default": false
    },
    "sender-tenant": {
      "type": "string",
      "default": "anonymous"
    },
    "tsdb-block-retention-period": {
      "type": "string",
      "default": "13h"
    },
    "metrics-retention-period": {
      "type": "string",
      "default": "0"
    },
    "max-global-exemplars-per-user": {
      "type": "int",
      "default": 0
    },
    "max-global-series-per-user": {
      "type": "int",
      "default": 150000
    },
    "ingestion-rate": {
      "type": "int",
      "default": 10000
    },
    "tenant-limits": {
      "type": "string",
      "default": ""
    },
    "replication-factor": {
      "type": "int"
    },
    "zone-awareness": {
      "type": "string",
      "default": "auto"
    },
    "recent-from-bucket": {
      "type": "boolean",
      "default": true
    },
    "ha-tracker": {
      "type": "boolean",
      "default": false
    },
    "ha-failover-timeout": {
      "type": "string",
      "default": "30s"
    },
    "s3-sse-type": {
      "type": "string",
      "default": "none"
    },
    "s3-sse-kms-key-id": {
      "type": "string",
      "default": ""
    },
    "s3-sse-kms-encryption-context": {
      "type": "string",
      "default": ""
    },
    "log-level": {
      "type": "string",
      "default": "info"
    },
    "cpu-request": {
      "type": "string",
      "default": ""
    },
    "cpu-limit": {
      "type": "string",
      "default": ""
    },
    "memory-request": {
      "type": "string",
      "default": ""
    },
    "memory-limit": {
      "type": "string",
      "default": ""
    },
    "pod-anti-affinity": {
      "type": "string",
      "default": "preferred"
    },
    "termination-grace-period": {
      "type": "string",
      "default": "20m"
    },
    "service-account-annotations": {
      "type": "string",
      "default": ""
    },
    "service-ports": {
      "type": "string",
      "default": ""
    },
    "alertmanager-config": {
      "type": "string",
      "default": ""
    },
    "alertmanager-templates": {
      "type": "string",
      "default": ""
    }
  },
  "actions": {
    "upload-rules": {
      "required": [
        "namespace",
        "rules"
      ],
      "additionalProperties": false,
      "params": {
        "namespace": {
          "type": "string",
          "minLength": 1,
          "maxLength": 128
        },
        "rules": {
          "type": [
            "string",
            "object"
          ],
          "minLength": 1,
          "maxLength": 1048576
        },
        "tenant": {
          "type": "string",
          "default": "anonymous",
          "pattern": "^[A-Za-z0-9!_.*'()-]{1,150}$"
        },
        "dry-run": {
          "type": "boolean",
          "default": false
        }
      },
      "results": {
        "namespace": {
          "type": "string"
        },
        "tenant": {
          "type": "string"
        },
        "dry-run": {
          "type": "boolean"
        },
        "added": {
          "type": "integer"
        },
        "changed": {
          "type": "integer"
        },
        "removed": {
          "type": "integer"
        },
        "unchanged": {
          "type": "integer"
        },
        "groups": {
          "type": "string"
        }
      }
    },
    "list-rules": {
      "required": [],
      "additionalProperties": false,
      "params": {
        "namespace": {
          "type": "string",
          "minLength": 1,
          "maxLength": 128
        },
        "tenant": {
          "type": "string",
          "default": "anonymous",
          "pattern": "^[A-Za-z0-9!_.*'()-]{1,150}$"
        }
      },
      "results": {
        "tenant": {
          "type": "string"
        },
        "namespaces": {
          "type": "string"
        },
        "groups": {
          "type": "integer"
        },
        "rules": {
          "type": "string"
        }
      }
    },
    "delete-rules": {
      "required": [
        "namespace"
      ],
      "additionalProperties": false,
      "params": {
        "namespace": {
          "type": "string",
          "minLength": 1,
          "maxLength": 128
        },
        "group": {
          "type": "string",
          "minLength": 1
        },
        "tenant": {
          "type": "string",
          "default": "anonymous",
          "pattern": "^[A-Za-z0-9!_.*'()-]{1,150}$"
        },
        "dry-run": {
          "type": "boolean",
          "default": false
        }
      },
      "results": {
        "namespace": {
          "type": "string"
        },
        "tenant": {
          "type": "string"
        },
        "dry-run": {
          "type": "boolean"
        },
        "removed": {
          "type": "integer"
        },
        "groups": {
          "type": "string"
        }
      }
    },
    "set-alertmanager-config": {
      "required": [
        "config"
      ],
      "additionalProperties": false,
      "params": {
        "config": {
          "type": [
            "string",
            "object",
            "null"
          ],
          "maxLength": 1048576
        },
        "templates": {
          "type": "object",
          "default": {},
          "additionalProperties": {
            "type": "string"
          }
        },
        "tenant": {
          "type": "string",
          "default": "anonymous",
          "pattern": "^[A-Za-z0-9!_.*'()-]{1,150}$"
        },
        "dry-run": {
          "type": "boolean",
          "default": false
        }
      },
      "results": {
        "tenant": {
          "type": "string"
        },
        "dry-run": {
          "type": "boolean"
        },
        "changed": {
          "type": "boolean"
        },
        "configured": {
          "type": "boolean"
        }
      }
    },
    "show-alertmanager-config": {
      "required": [],
      "additionalProperties": false,
      "params": {
        "tenant": {
          "type": "string",
          "default": "anonymous",
          "pattern": "^[A-Za-z0-9!_.*'()-]{1,150}$"
        }
      },
      "results": {
        "tenant": {
          "type": "string"
        },
        "configured": {
          "type": "boolean"
        },
        "config": {
          "type": "string",
          "optional": true
        },
        "templates": {
          "type": "string",
          "optional": true
        }
      }
    },
    "flush-ingesters": {
      "required": [],
      "additionalProperties": false,
      "params": {
        "tenant": {
          "type": "string",
          "pattern": "^[A-Za-z0-9!_.*'()-]{1,150}$"
        },
        "timeout": {
          "type": "integer",
          "minimum": 10,
          "maximum": 3600,
          "default": 600
        }
      },
      "results": {
        "blocks": {
          "type": "integer"
        },
        "series": {
          "type": "integer"
        },
        "unit": {
          "type": "string"
        }
      }
    },
    "drain": {
      "required": [],
      "additionalProperties": false,
      "params": {
        "resume": {
          "type": "boolean",
          "default": false
        },
        "timeout": {
          "type": "integer",
          "minimum": 30,
          "maximum": 7200,
          "default": 1800
        }
      },
      "results": {
        "unit": {
          "type": "string"
        },
        "writes": {
          "type": "boolean"
        },
        "series": {
          "type": "integer",
          "optional": true
        },
        "blocks": {
          "type": "integer",
          "optional": true
        }
      }
    },
    "ring-status": {
      "required": [],
      "additionalProperties": false,
      "params": {
        "forget": {
          "type": "string",
          "minLength": 1,
          "maxLength": 253
        }
      },
      "results": {
        "rings": {
          "type": "string"
        },
        "members": {
          "type": "integer"
        },
        "unhealthy": {
          "type": "string"
        },
        "forgotten": {
          "type": "string",
          "optional": true
        }
      }
    },
    "show-config": {
      "required": [],
      "additionalProperties": false,
      "params": {
        "mode": {
          "type": "string",
          "enum": [
            "diff",
            "full"
          ],
          "default": "diff"
        }
      },
      "results": {
        "mode": {
          "type": "string",
          "enum": [
            "diff",
            "full"
          ]
        },
        "config": {
          "type": "string"
        }
      }
    },
    "show-stats": {
      "required": [],
      "additionalProperties": false,
      "params": {
        "tenant": {
          "type": "string",
          "pattern": "^[A-Za-z0-9!_.*'()-]{1,150}$"
        }
      },
      "results": {
        "tenants": {
          "type": "string"
        },
        "tenant-count": {
          "type": "integer"
        },
        "series": {
          "type": "integer"
        },
        "samples-per-second": {
          "type": "number"
        }
      }
    },
    "set-tenant-limits": {
      "required": [
        "tenant",
        "limits"
      ],
      "additionalProperties": false,
      "params": {
        "tenant": {
          "type": "string",
          "minLength": 1,
          "maxLength": 150
        },
        "limits": {
          "type": [
            "string",
            "object",
            "null"
          ],
          "maxLength": 262144
        },
        "mode": {
          "type": "string",
          "enum": [
            "merge",
            "replace"
          ],
          "default": "merge"
        },
        "dry-run": {
          "type": "boolean",
          "default": false
        }
      },
      "results": {
        "tenant": {
          "type": "string"
        },
        "dry-run": {
          "type": "boolean"
        },
        "changed": {
          "type": "boolean"
        },
        "limits": {
          "type": "string"
        }
      }
    },
    "show-tenant-limits": {
      "required": [],
      "additionalProperties": false,
      "params": {
        "tenant": {
          "type": "string",
          "minLength": 1,
          "maxLength": 150
        }
      },
      "results": {
        "tenant-count": {
          "type": "integer"
        },
        "limits": {
          "type": "string"
        }
      }
    },
    "show-cardinality": {
      "required": [],
      "additionalProperties": false,
      "params": {
        "tenant": {
          "type": "string",
          "default": "anonymous",
          "pattern": "^[A-Za-z0-9!_.*'()-]{1,150}$"
        },
        "label": {
          "type": "string",
          "minLength": 1
        },
        "selector": {
          "type": "string",
          "minLength": 1
        },
        "series": {
          "type": "boolean",
          "default": false
        },
        "limit": {
          "type": "integer",
          "minimum": 1,
          "maximum": 500,
          "default": 20
        }
      },
      "results": {
        "tenant": {
          "type": "string"
        },
        "series": {
          "type": "integer",
          "optional": true
        },
        "count": {
          "type": "integer",
          "optional": true
        },
        "labels": {
          "type": "string",
          "optional": true
        },
        "values": {
          "type": "string",
          "optional": true
        },
        "matching": {
          "type": "string",
          "optional": true
        }
      }
    },
    "delete-tenant": {
      "required": [
        "tenant"
      ],
      "additionalProperties": false,
      "params": {
        "tenant": {
          "type": "string",
          "pattern": "^[A-Za-z0-9!_.*'()-]{1,150}$"
        },
        "confirm": {
          "type": "string",
          "default": ""
        },
        "timeout": {
          "type": "integer",
          "minimum": 0,
          "maximum": 3600,
          "default": 50
        },
        "dry-run": {
          "type": "boolean",
          "default": false
        }
      },
      "results": {
        "tenant": {
          "type": "string"
        },
        "state": {
          "type": "string",
          "enum": [
            "there",
            "deleting",
            "in-ingesters",
            "gone"
          ]
        },
        "summary": {
          "type": "string"
        },
        "gone-by": {
          "type": "string",
          "optional": true
        },
        "marked": {
          "type": "boolean",
          "optional": true
        },
        "objects-left": {
          "type": "integer",
          "optional": true
        },
        "objects": {
          "type": "string",
          "optional": true
        },
        "ingesters": {
          "type": "string"
        }
      }
    }
  }
} as const satisfies CharmSpec;

export type Spec = typeof spec;
