// Written by `charmwright generate` from metadata.yaml, config.yaml and actions.yaml. Do not edit.
import type { CharmSpec } from 'charmwright';

export const spec = {
  "name": "mimir-k8s",
  "endpoints": {
    "receive-remote-write": {
      "role": "provides",
      "interface": "prometheus_remote_write"
    },
    "grafana-source": {
      "role": "provides",
      "interface": "grafana_datasource"
    },
    "s3": {
      "role": "requires",
      "interface": "s3",
      "limit": 1,
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
      "type": "oci-image",
      "upstreamSource": "grafana/mimir:3.0.5"
    }
  },
  "config": {
    "multitenancy": {
      "type": "boolean",
      "default": false,
      "description": "Keep the metrics of several tenants apart by the header X-Scope-OrgID. When false the header is ignored\nand everything belongs to the tenant `anonymous`. When true every request needs the header; applications\nrelated over receive-remote-write cannot send it, so put a proxy that adds it in front of Mimir. Metrics\nstored before a change stay with the tenant they were stored for."
    },
    "tsdb-block-retention-period": {
      "type": "string",
      "default": "13h",
      "description": "How long an ingester keeps its own copy of a block after it is in object storage. Longer answers more\nqueries from the local disk and needs more of it. A number with a unit (m, h, d, w, y), at least 13h,\nbecause queries ask the ingesters for the last 13 hours."
    },
    "metrics-retention-period": {
      "type": "string",
      "default": "0",
      "description": "How long metrics are kept. `0` keeps them for ever; otherwise a number with a unit (h, d, w, y), at\nleast 2h, such as `30d` or `1y`. Older metrics disappear from queries at once, and from storage within\na day."
    },
    "max-global-exemplars-per-user": {
      "type": "int",
      "default": 0,
      "description": "Exemplars kept in memory for each tenant, over all units. 0 turns exemplars off."
    },
    "max-global-series-per-user": {
      "type": "int",
      "default": 150000,
      "description": "Active series that each tenant may have, over all units. Further series are refused (HTTP 400). 0 is no\nlimit. An ingester needs about 2.5 GB of memory for 300000 series, counted with their replicas."
    },
    "ingestion-rate": {
      "type": "int",
      "default": 10000,
      "description": "Samples per second that each tenant may write, over all units; twenty times as many are let through in\na burst. Beyond it Mimir answers 429 and senders retry."
    },
    "replication-factor": {
      "type": "int",
      "description": "Copies of each series among the ingesters: 1, 3 or 5. It applies with object storage. Unset, the charm\nchooses once, when object storage first arrives: 3 if at least 3 units are planned by then, else 1;\nlater changes of the number of units leave it as it is. Raising it hides part of the last 12 hours from\nqueries until those are read from object storage."
    },
    "log-level": {
      "type": "string",
      "default": "info",
      "description": "The least severe messages that Mimir logs: debug, info, warn or error."
    },
    "alertmanager-config": {
      "type": "string",
      "default": "",
      "description": "An Alertmanager configuration (YAML) for the tenant `anonymous`, the only one while multitenancy is off.\nIt is uploaded when this option or alertmanager-templates changes; between changes the action\nset-alertmanager-config may replace it. Other tenants are given theirs with the action. Without any,\nalerts are kept and shown, but nobody is notified."
    },
    "alertmanager-templates": {
      "type": "string",
      "default": "",
      "description": "Notification templates (Go templates in `define` blocks) that alertmanager-config may use."
    }
  },
  "actions": {
    "upload-rules": {
      "description": "Upload a Prometheus rule file to the ruler. The namespace then holds exactly the groups of the file. Nothing\nis changed when any part of the file is refused.",
      "params": {
        "namespace": {
          "type": "string",
          "minLength": 1,
          "maxLength": 128,
          "description": "Where the groups go; Mimir's word for what Prometheus calls a rule file."
        },
        "rules": {
          "type": [
            "string",
            "object"
          ],
          "minLength": 1,
          "maxLength": 1048576,
          "description": "A Prometheus rule file, with `groups` at the top; up to 1 MB. Juju reads the value of `rules=...` as YAML,\nand `--string-args` passes it as text: both do.\n"
        },
        "tenant": {
          "type": "string",
          "default": "anonymous",
          "pattern": "^[A-Za-z0-9!_.*'()-]{1,150}$",
          "description": "The tenant that owns the rules. Only `anonymous` exists while multitenancy is off."
        },
        "dry-run": {
          "type": "boolean",
          "default": false,
          "description": "Check the file and show what would change, and change nothing."
        }
      },
      "required": [
        "namespace",
        "rules"
      ],
      "additionalProperties": false
    },
    "list-rules": {
      "description": "Show the rule groups that the ruler holds for a tenant, by namespace.",
      "params": {
        "namespace": {
          "type": "string",
          "minLength": 1,
          "maxLength": 128,
          "description": "Show this namespace only; all of them when left out."
        },
        "tenant": {
          "type": "string",
          "default": "anonymous",
          "pattern": "^[A-Za-z0-9!_.*'()-]{1,150}$",
          "description": "The tenant that owns the rules."
        }
      },
      "required": [],
      "additionalProperties": false
    },
    "delete-rules": {
      "description": "Delete one rule group, or a whole namespace.",
      "params": {
        "namespace": {
          "type": "string",
          "minLength": 1,
          "maxLength": 128,
          "description": "The namespace to delete, or to delete a group from."
        },
        "group": {
          "type": "string",
          "minLength": 1,
          "description": "The group to delete; every group of the namespace when left out."
        },
        "tenant": {
          "type": "string",
          "default": "anonymous",
          "pattern": "^[A-Za-z0-9!_.*'()-]{1,150}$",
          "description": "The tenant that owns the rules."
        },
        "dry-run": {
          "type": "boolean",
          "default": false,
          "description": "Show what would be deleted, and delete nothing."
        }
      },
      "required": [
        "namespace"
      ],
      "additionalProperties": false
    },
    "set-alertmanager-config": {
      "description": "Give a tenant an Alertmanager configuration, in place of the one it has. An empty configuration takes it away.\nFor the tenant `anonymous` the option alertmanager-config does the same whenever it is changed.",
      "params": {
        "config": {
          "type": [
            "string",
            "object",
            "null"
          ],
          "maxLength": 1048576,
          "description": "An Alertmanager configuration; empty to remove what the tenant has. Juju reads the value of `config=...` as\nYAML, and `--string-args` passes it as text: both do.\n"
        },
        "templates": {
          "type": "object",
          "default": {},
          "additionalProperties": {
            "type": "string"
          },
          "description": "Template files by name, each a text of Go templates, which the configuration may use."
        },
        "tenant": {
          "type": "string",
          "default": "anonymous",
          "pattern": "^[A-Za-z0-9!_.*'()-]{1,150}$",
          "description": "The tenant that the configuration is for."
        },
        "dry-run": {
          "type": "boolean",
          "default": false,
          "description": "Show whether the configuration would change, and change nothing."
        }
      },
      "required": [
        "config"
      ],
      "additionalProperties": false
    },
    "show-alertmanager-config": {
      "description": "Show the Alertmanager configuration of a tenant, secrets masked.",
      "params": {
        "tenant": {
          "type": "string",
          "default": "anonymous",
          "pattern": "^[A-Za-z0-9!_.*'()-]{1,150}$",
          "description": "The tenant whose configuration is shown."
        }
      },
      "required": [],
      "additionalProperties": false
    },
    "flush-ingesters": {
      "description": "Write what this unit's ingester holds in memory to object storage as blocks, and wait until they are seen\nthere. Run it on each unit before a risky change. Writing and queries go on meanwhile.",
      "params": {
        "tenant": {
          "type": "string",
          "pattern": "^[A-Za-z0-9!_.*'()-]{1,150}$",
          "description": "Flush this tenant only; all of them when left out."
        },
        "timeout": {
          "type": "integer",
          "minimum": 10,
          "maximum": 3600,
          "default": 600,
          "description": "Seconds to wait for the blocks to arrive before the action fails."
        }
      },
      "required": [],
      "additionalProperties": false
    },
    "show-config": {
      "description": "Show the configuration that Mimir runs with at this moment, secrets masked.",
      "params": {
        "mode": {
          "type": "string",
          "enum": [
            "diff",
            "full"
          ],
          "default": "diff",
          "description": "Only what differs from Mimir's defaults, or everything."
        }
      },
      "required": [],
      "additionalProperties": false
    },
    "show-stats": {
      "description": "Show active series and samples per second for each tenant, over all units.",
      "params": {},
      "required": [],
      "additionalProperties": false
    }
  }
} as const satisfies CharmSpec;

export type Spec = typeof spec;
