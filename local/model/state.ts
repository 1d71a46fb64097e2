/**
 * The model's whole state, as data. What a real controller keeps in its database lies here in one value; the
 * schemas read it back from disk. Transitions in the files beside this one turn one state into the next.
 */
import type { ResultSchema } from 'charmwright/juju';
import { z } from 'zod';

const strings = z.record(z.string(), z.string());
const life = z.enum(['alive', 'dying', 'dead']);
/** RFC 3339, UTC. */
const time = z.string();

export const statusSchema = z.object({
  current: z.string(),
  message: z.string().default(''),
  since: time,
});
export type Status = z.infer<typeof statusSchema>;

/** A hook to run, in the shape of the framework's events. */
export const hookSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.enum([
      'install',
      'start',
      'stop',
      'remove',
      'config-changed',
      'upgrade-charm',
      'update-status',
      'leader-elected',
    ]),
  }),
  z.object({
    kind: z.enum(['relation-created', 'relation-broken']),
    endpoint: z.string(),
    relationId: z.int(),
    remoteApp: z.string(),
  }),
  z.object({
    kind: z.literal('relation-joined'),
    endpoint: z.string(),
    relationId: z.int(),
    remoteApp: z.string(),
    remoteUnit: z.string(),
  }),
  z.object({
    kind: z.literal('relation-changed'),
    endpoint: z.string(),
    relationId: z.int(),
    remoteApp: z.string(),
    remoteUnit: z.string().exactOptional(),
  }),
  z.object({
    kind: z.literal('relation-departed'),
    endpoint: z.string(),
    relationId: z.int(),
    remoteApp: z.string(),
    remoteUnit: z.string(),
    departingUnit: z.string(),
  }),
  z.object({
    kind: z.enum(['storage-attached', 'storage-detaching']),
    storage: z.string(),
    storageId: z.templateLiteral([z.string(), '/', z.int()]),
    location: z.string(),
  }),
  z.object({ kind: z.literal('pebble-ready'), container: z.string() }),
  z.object({
    kind: z.literal('pebble-custom-notice'),
    container: z.string(),
    notice: z.object({ id: z.string(), type: z.string(), key: z.string() }),
  }),
  z.object({
    kind: z.enum(['pebble-check-failed', 'pebble-check-recovered']),
    container: z.string(),
    check: z.string(),
  }),
  z.object({
    kind: z.enum(['secret-changed', 'secret-rotate']),
    secretId: z.string(),
    label: z.string().exactOptional(),
  }),
  z.object({
    kind: z.enum(['secret-expired', 'secret-remove']),
    secretId: z.string(),
    label: z.string().exactOptional(),
    revision: z.int(),
  }),
]);
export type Hook = z.infer<typeof hookSchema>;
export type RelationHook = Extract<Hook, { relationId: number }>;
export type WorkloadHook = Extract<Hook, { container: string }>;

/** What one unit's agent has seen of one relation; versions are those of the bags it was told of. */
export const relationSeenSchema = z.object({
  members: z.record(z.string(), z.int()),
  apps: z.record(z.string(), z.int()),
  /** `joined` ran for this unit, its `changed` is due before anything else of the relation. */
  changedDue: z.string().exactOptional(),
  broken: z.boolean().default(false),
});
export type RelationSeen = z.infer<typeof relationSeenSchema>;

export const agentSchema = z.object({
  installed: z.boolean().default(false),
  started: z.boolean().default(false),
  /** `stop` ran in the teardown of a dying unit. */
  stopped: z.boolean().default(false),
  /** This unit was told that it leads, by `leader-elected`. */
  leader: z.boolean().default(false),
  /** The hook that runs, or ran when the agent was killed: it counts as failed then. */
  running: hookSchema.exactOptional(),
  failed: z
    .object({
      hook: hookSchema,
      retries: z.int(),
      retryAt: time,
      resolve: z.enum(['retry', 'skip']).exactOptional(),
    })
    .exactOptional(),
  /** Hooks that follow without a choice: `start` after the first `config-changed`. */
  queue: z.array(hookSchema).default([]),
  /** What `config-changed` was last run for; absent: it is due. */
  configHash: z.string().exactOptional(),
  /** By relation id. */
  relations: z.record(z.string(), relationSeenSchema).default({}),
  storages: z.array(z.string()).default([]),
  secrets: z
    .object({
      /** Latest revision announced to this unit, by secret id. */
      announced: z.record(z.string(), z.int()).default({}),
      /** `id/revision` for which `secret-remove` ran. */
      removed: z.array(z.string()).default([]),
    })
    .prefault({}),
});
export type Agent = z.infer<typeof agentSchema>;

export const unitSchema = z.object({
  name: z.string(),
  ordinal: z.int(),
  life,
  address: z.string(),
  destroyStorage: z.boolean().default(false),
  /** Its pod was taken away, and does not come back until it is given back. */
  heldSince: time.exactOptional(),
  workloadStatus: statusSchema,
  agentStatus: statusSchema,
  workloadVersion: z.string().exactOptional(),
  ports: z.array(z.string()).default([]),
  /** `state-get` data. */
  state: strings.default({}),
  /** Revision of the charm in this unit's pod. */
  charm: z.string(),
  /** What `charmModifiedVersion` of the application was when the pod was made. */
  charmModifiedVersion: z.int().default(0),
  agent: agentSchema,
});
export type Unit = z.infer<typeof unitSchema>;

export const applicationSchema = z.object({
  name: z.string(),
  life,
  /** Key into `charms`. */
  charm: z.string(),
  /** Grows with each other charm or resource: pods of before are replaced. */
  charmModifiedVersion: z.int().default(0),
  trust: z.boolean(),
  /** What the operator set; defaults are the charm's. */
  config: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  /** Resource name to an absolute path, or `none`. */
  resources: strings,
  scale: z.int(),
  /** Whose lease of leadership runs. */
  leader: z.string().exactOptional(),
  /** Set by the leader; absent: derived from the units. */
  status: statusSchema.exactOptional(),
  /** Of the service: the cluster IP. */
  address: z.string(),
  since: time,
  units: z.record(z.string(), unitSchema),
});
export type Application = z.infer<typeof applicationSchema>;

const endpointSpec = z.object({
  role: z.enum(['provides', 'requires', 'peer']),
  interface: z.string(),
  limit: z.int().exactOptional(),
  optional: z.boolean().exactOptional(),
  scope: z.enum(['global', 'container']).exactOptional(),
});

const charmSpec = z.object({
  name: z.string(),
  endpoints: z.record(z.string(), endpointSpec),
  extraBindings: z.array(z.string()),
  containers: z.record(
    z.string(),
    z.object({
      resource: z.string().exactOptional(),
      mounts: z.array(z.object({ storage: z.string(), location: z.string() })).exactOptional(),
      uid: z.int().exactOptional(),
      gid: z.int().exactOptional(),
    }),
  ),
  storage: z.record(
    z.string(),
    z.object({
      type: z.enum(['filesystem', 'block']),
      location: z.string().exactOptional(),
      readOnly: z.boolean().exactOptional(),
      count: z.object({ min: z.int(), max: z.int().nullable() }),
      minimumSize: z.string().exactOptional(),
    }),
  ),
  resources: z.record(
    z.string(),
    z.object({
      type: z.enum(['oci-image', 'file']),
      filename: z.string().exactOptional(),
      upstreamSource: z.string().exactOptional(),
    }),
  ),
  config: z.record(
    z.string(),
    z.object({
      type: z.enum(['string', 'int', 'float', 'boolean', 'secret']),
      default: z.union([z.string(), z.number(), z.boolean()]).exactOptional(),
      description: z.string().exactOptional(),
    }),
  ),
  actions: z.record(
    z.string(),
    z.object({
      description: z.string().exactOptional(),
      params: z.record(z.string(), z.record(z.string(), z.unknown())),
      required: z.array(z.string()),
      additionalProperties: z.boolean().exactOptional(),
      parallel: z.boolean().exactOptional(),
      executionGroup: z.string().exactOptional(),
      // Checked when the charm was read; only shown.
      results: z.record(z.string(), z.custom<ResultSchema>()).exactOptional(),
    }),
  ),
});

export const charmSchema = z.object({
  /** `local:mimir-k8s-0`. */
  url: z.string(),
  name: z.string(),
  revision: z.int(),
  /** The archive's `version` file. */
  version: z.string().exactOptional(),
  base: z.object({ name: z.string(), channel: z.string() }),
  spec: charmSpec,
});
export type Charm = z.infer<typeof charmSchema>;
export type Spec = z.infer<typeof charmSpec>;
export type Endpoint = z.infer<typeof endpointSpec>;

const bagSchema = z.object({ data: strings, version: z.int() });
export type VersionedBag = z.infer<typeof bagSchema>;

export const relationSchema = z.object({
  id: z.int(),
  life,
  interface: z.string(),
  /** One for a peer relation, two otherwise: provider first. */
  ends: z.array(z.object({ application: z.string(), endpoint: z.string() })),
  apps: z.record(z.string(), bagSchema),
  /** A unit that left keeps its bag, out of scope. */
  units: z.record(z.string(), bagSchema.extend({ inScope: z.boolean() })),
});
export type Relation = z.infer<typeof relationSchema>;

export const secretSchema = z.object({
  id: z.string(),
  owner: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('application'), name: z.string() }),
    z.object({ kind: z.literal('unit'), name: z.string() }),
    z.object({ kind: z.literal('user') }),
  ]),
  /** The owner's label; a user secret's name. */
  label: z.string().exactOptional(),
  description: z.string().exactOptional(),
  rotate: z.enum(['never', 'hourly', 'daily', 'weekly', 'monthly', 'quarterly', 'yearly']).exactOptional(),
  rotateAt: time.exactOptional(),
  expire: time.exactOptional(),
  /** When `secret-expired` is due; again five minutes after each run. */
  expireAt: time.exactOptional(),
  revisions: z.array(z.object({ revision: z.int(), content: strings, created: time })),
  grants: z.array(
    z.object({ relationId: z.int().exactOptional(), app: z.string(), unit: z.string().exactOptional() }),
  ),
  /** By unit. */
  consumers: z.record(
    z.string(),
    z.object({ tracked: z.int().exactOptional(), label: z.string().exactOptional() }),
  ),
});
export type Secret = z.infer<typeof secretSchema>;

export const storageSchema = z.object({
  /** `data/0`. */
  id: z.templateLiteral([z.string(), '/', z.int()]),
  name: z.string(),
  kind: z.enum(['filesystem', 'block']),
  life,
  /** The unit it is attached to, or was: a StatefulSet's volume goes back to the same ordinal. */
  unit: z.string(),
  attached: z.boolean(),
  location: z.string(),
  since: time,
});
export type Storage = z.infer<typeof storageSchema>;

export const taskStateSchema = z.object({
  id: z.string(),
  operation: z.string(),
  unit: z.string(),
  action: z.string(),
  params: z.record(z.string(), z.unknown()),
  status: z.enum(['pending', 'running', 'completed', 'failed', 'cancelled']),
  message: z.string().exactOptional(),
  results: z.record(z.string(), z.unknown()),
  log: z.array(z.object({ time, message: z.string() })),
  enqueued: time,
  started: time.exactOptional(),
  completed: time.exactOptional(),
});
export type TaskState = z.infer<typeof taskStateSchema>;

export const modelSchema = z.object({
  format: z.literal(1),
  /** There is a Kubernetes API beside the model, of these programs. */
  kubernetes: z.object({ etcd: z.string(), apiServer: z.string() }).exactOptional(),
  name: z.string(),
  uuid: z.string(),
  created: time,
  config: strings,
  sequences: z.object({
    relation: z.int(),
    storage: z.int(),
    task: z.int(),
    operation: z.int(),
    /** Pods' and services' addresses. */
    pod: z.int(),
    service: z.int(),
    /** By charm name: the next local revision. */
    charm: z.record(z.string(), z.int()),
  }),
  charms: z.record(z.string(), charmSchema),
  applications: z.record(z.string(), applicationSchema),
  relations: z.record(z.string(), relationSchema),
  secrets: z.record(z.string(), secretSchema),
  storages: z.record(z.string(), storageSchema),
  tasks: z.record(z.string(), taskStateSchema),
});
export type Model = z.infer<typeof modelSchema>;

export function newModel(name: string, uuid: string, now: string): Model {
  return {
    format: 1,
    name,
    uuid,
    created: now,
    config: {},
    sequences: { relation: 0, storage: 0, task: 1, operation: 1, pod: 0, service: 0, charm: {} },
    charms: {},
    applications: {},
    relations: {},
    secrets: {},
    storages: {},
    tasks: {},
  };
}
