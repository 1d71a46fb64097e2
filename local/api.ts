/**
 * The local model's HTTP API: one route for each verb, `POST /1.0/<verb>`, JSON in and out, over a Unix socket in
 * the model's folder. Errors are `{error}` with Juju's own text. Verbs that carry streams (`debug-log`, `exec`,
 * `ssh`, `forward`) are listed in `streams`: the first answers lines of text, the others upgrade the connection
 * (see `frames.ts`).
 */
import { z } from 'zod';

const name = z.string().min(1);
/** A folder or file on this machine, absolute. */
const path = z.string().startsWith('/');
const strings = z.record(z.string(), z.string());
const json = z.record(z.string(), z.unknown());
/** `app`, or `app:endpoint`. */
const endpoint = z.string().min(1);
const nothing = z.object({});

const logged = z.object({ message: z.string() });

export const taskSchema = z.object({
  /** A decimal number, counted model-wide from 1. */
  id: z.string(),
  operation: z.string(),
  unit: z.string(),
  action: z.string(),
  status: z.enum(['pending', 'running', 'completed', 'failed', 'cancelled', 'aborting', 'aborted', 'error']),
  message: z.string().optional(),
  /** As `juju run --format json` prints it: `return-code`, `stdout`, `stderr` and what action-set gave. */
  results: json,
  log: z.array(z.object({ time: z.string(), message: z.string() })),
  /** RFC 3339, UTC. */
  enqueued: z.string(),
  started: z.string().optional(),
  completed: z.string().optional(),
});
export type Task = z.infer<typeof taskSchema>;

const statusInfo = z.object({
  current: z.string(),
  message: z.string().optional(),
  /** RFC 3339, UTC; the CLI prints it as Juju does. */
  since: z.string(),
  version: z.string().optional(),
});
export type StatusInfo = z.infer<typeof statusInfo>;

const unitStatus = z.object({
  'workload-status': statusInfo,
  'juju-status': statusInfo,
  leader: z.literal(true).optional(),
  /** The charm in its pod, while that is still to be replaced. */
  'upgrading-from': z.string().optional(),
  'open-ports': z.array(z.string()).optional(),
  address: z.string().optional(),
  'provider-id': z.string().optional(),
  life: z.string().optional(),
});
export type UnitStatus = z.infer<typeof unitStatus>;

const applicationStatus = z.object({
  charm: z.string(),
  base: z.object({ name: z.string(), channel: z.string() }),
  'charm-origin': z.literal('local'),
  'charm-name': z.string(),
  'charm-rev': z.number(),
  'charm-version': z.string().optional(),
  scale: z.number(),
  'provider-id': z.string().optional(),
  address: z.string().optional(),
  exposed: z.boolean(),
  life: z.string().optional(),
  'application-status': statusInfo,
  relations: z
    .record(
      z.string(),
      z.array(z.object({ 'related-application': z.string(), interface: z.string(), scope: z.string() })),
    )
    .optional(),
  units: z.record(z.string(), unitStatus).optional(),
  version: z.string().optional(),
  'endpoint-bindings': strings.optional(),
});
export type ApplicationStatus = z.infer<typeof applicationStatus>;

/** The shape of `juju status --format json`. */
export const modelStatusSchema = z.object({
  model: z.object({
    name: z.string(),
    type: z.literal('caas'),
    controller: z.string(),
    cloud: z.string(),
    version: z.string(),
    'model-status': statusInfo,
    sla: z.string().optional(),
  }),
  machines: z.object({}),
  applications: z.record(z.string(), applicationStatus),
  storage: z
    .object({
      storage: z.record(
        z.string(),
        z.object({
          kind: z.string(),
          life: z.string().optional(),
          status: statusInfo,
          persistent: z.boolean(),
          attachments: z.object({
            units: z.record(
              z.string(),
              z.object({ location: z.string().optional(), life: z.string().optional() }),
            ),
          }),
        }),
      ),
    })
    .optional(),
  controller: z.object({ timestamp: z.string() }),
  /** Not part of juju's JSON, which does not name the far endpoint; for `juju status --relations`. */
  relations: z
    .array(
      z.object({
        id: z.int(),
        /** `app:endpoint`; a peer relation has its one end twice. */
        provider: z.string(),
        requirer: z.string(),
        interface: z.string(),
        type: z.enum(['regular', 'peer']),
      }),
    )
    .default([]),
  /** Nor is this: units whose pods are ready, as `kubectl get pods` would say. */
  readyPods: z.array(z.string()).default([]),
});
export type ModelStatus = z.infer<typeof modelStatusSchema>;

const setting = z.object({
  default: z.unknown().optional(),
  description: z.string().optional(),
  source: z.enum(['default', 'user', 'unset']),
  type: z.string(),
  value: z.unknown().optional(),
});

const actionInfo = z.object({ description: z.string(), schema: json });

const relationEnd = z.object({ application: z.string(), endpoint: z.string() });

const verb = <Request extends z.ZodType, Response extends z.ZodType>(
  request: Request,
  response: Response,
) => ({
  request,
  response,
});

export const api = {
  'model-info': verb(
    nothing,
    z.object({
      name: z.string(),
      uuid: z.string(),
      pid: z.number(),
      version: z.string(),
      bridge: z.string(),
    }),
  ),
  /** Everything of it, its volumes too. */
  'destroy-model': verb(nothing, nothing),
  /** `juju model-config`: `update-status-hook-interval`, `automatically-retry-hooks`, the juju-*-proxy keys. */
  'model-config': verb(
    z.object({ values: strings.default({}), reset: z.array(z.string()).default([]) }),
    z.object({ settings: z.record(z.string(), z.object({ value: z.unknown(), source: z.string() })) }),
  ),

  /** An API server and etcd, of these programs; an answer means that they run. */
  'kubernetes-start': verb(
    z.object({ programs: z.object({ etcd: path, apiServer: path }) }),
    z.object({ address: z.string(), port: z.int() }),
  ),
  /** A kubeconfig for a client that reaches the API server there. */
  'kubernetes-config': verb(z.object({ server: z.url().optional() }), z.object({ kubeconfig: z.string() })),

  deploy: verb(
    z.object({
      /** A .charm file or an unpacked charm's folder. */
      charm: path,
      application: name.optional(),
      units: z.int().min(0).default(1),
      /** Option values as text; parsed by the option's type, as `juju deploy --config k=v` does. */
      config: strings.default({}),
      /** oci-image: an image folder (its root file system); file: a file. `none`: an empty image. */
      resources: z.record(z.string(), z.union([path, z.literal('none')])).default({}),
      trust: z.boolean().default(false),
    }),
    z.object({ application: z.string(), charm: z.string(), revision: z.number(), message: z.string() }),
  ),
  refresh: verb(
    z.object({
      application: name,
      /** Absent: the charm stays, and only resources are other ones. */
      charm: path.optional(),
      resources: z.record(z.string(), z.union([path, z.literal('none')])).default({}),
    }),
    logged,
  ),
  trust: verb(z.object({ application: name, remove: z.boolean().default(false) }), nothing),
  integrate: verb(
    z.object({ endpoints: z.tuple([endpoint, endpoint]) }),
    z.object({ relationId: z.number(), interface: z.string(), endpoints: z.array(relationEnd) }),
  ),
  'remove-relation': verb(
    z.object({ endpoints: z.tuple([endpoint, endpoint]).optional(), relationId: z.int().optional() }),
    nothing,
  ),
  /** `juju config APP --format json`'s shape. */
  'get-config': verb(
    z.object({ application: name }),
    z.object({
      application: z.string(),
      charm: z.string(),
      'application-config': z.record(z.string(), setting),
      settings: z.record(z.string(), setting),
    }),
  ),
  'set-config': verb(
    z.object({ application: name, values: strings.default({}), reset: z.array(z.string()).default([]) }),
    nothing,
  ),
  'scale-application': verb(z.object({ application: name, scale: z.int().min(0) }), nothing),
  'add-unit': verb(z.object({ application: name, units: z.int().min(1).default(1) }), nothing),
  /** The highest ordinals go first, as on Kubernetes. */
  'remove-unit': verb(
    z.object({
      application: name,
      units: z.int().min(1).default(1),
      destroyStorage: z.boolean().default(false),
    }),
    z.object({ units: z.array(z.string()) }),
  ),
  'remove-application': verb(
    z.object({
      application: name,
      destroyStorage: z.boolean().default(false),
      force: z.boolean().default(false),
    }),
    z.object({ units: z.array(z.string()), storage: z.array(z.string()) }),
  ),

  /** Enqueues one task for each unit; `app/leader` is understood. Parameters are checked against actions.yaml. */
  run: verb(
    z.object({ units: z.array(name).min(1), action: name, params: json.default({}) }),
    z.object({ operation: z.string(), tasks: z.array(z.object({ unit: z.string(), id: z.string() })) }),
  ),
  /** Long poll: answers when the task has ended, or its log has more than `logSeen` lines, or the wait is over. */
  task: verb(
    z.object({
      id: z.string(),
      wait: z.number().min(0).max(600).default(0),
      logSeen: z.int().min(0).optional(),
    }),
    taskSchema,
  ),
  actions: verb(z.object({ application: name }), z.object({ actions: z.record(z.string(), actionInfo) })),
  resolved: verb(
    z.object({
      units: z.array(name).default([]),
      all: z.boolean().default(false),
      retry: z.boolean().default(true),
    }),
    nothing,
  ),

  status: verb(nothing, modelStatusSchema),
  /** One entry, the shape of `juju show-unit --format json`. */
  'show-unit': verb(z.object({ units: z.array(name).min(1) }), z.record(z.string(), json)),
  /** Changes whenever anything in the model does: for `wait-for` and `status --watch` without polling. */
  'wait-change': verb(
    z.object({ after: z.int(), wait: z.number().min(0).max(600).default(30) }),
    z.object({ generation: z.int() }),
  ),

  'add-secret': verb(
    z.object({ name, content: strings, info: z.string().optional() }),
    z.object({ uri: z.string() }),
  ),
  /** `secret`: a URI, a bare id or a name. */
  'update-secret': verb(
    z.object({
      secret: name,
      content: strings.default({}),
      info: z.string().optional(),
      newName: name.optional(),
    }),
    nothing,
  ),
  'grant-secret': verb(z.object({ secret: name, applications: z.array(name).min(1) }), nothing),
  'revoke-secret': verb(z.object({ secret: name, applications: z.array(name).min(1) }), nothing),
  'remove-secret': verb(z.object({ secret: name, revision: z.int().optional() }), nothing),
  /** Never shows content unless `reveal`. */
  secrets: verb(
    z.object({ secret: name.optional(), reveal: z.boolean().default(false) }),
    z.object({
      secrets: z.record(
        z.string(),
        z.object({
          revision: z.number(),
          owner: z.string(),
          name: z.string().optional(),
          label: z.string().optional(),
          description: z.string().optional(),
          rotation: z.string().optional(),
          created: z.string(),
          updated: z.string(),
          content: strings.optional(),
        }),
      ),
    }),
  ),

  /** kill -9 to everything in the unit's pod; it comes back as Kubernetes would bring it, with its volumes. */
  'kill-pod': verb(z.object({ unit: name }), nothing),
  /** Its containers are asked to end at once, as `kubectl delete pod` does; it comes back with its volumes. */
  'delete-pod': verb(z.object({ unit: name }), nothing),
  /** The same, and it does not come back before it is released: as when a node is lost and there is no other. */
  'hold-pod': verb(z.object({ unit: name }), nothing),
  'release-pod': verb(z.object({ unit: name }), nothing),
  /** kill -9 to one container (`charm` or a workload's name); it is restarted with a fresh writable layer. */
  'kill-container': verb(z.object({ unit: name, container: name }), nothing),
} as const;

export type Api = typeof api;
export type Verb = keyof Api;
export type Request<V extends Verb> = z.input<Api[V]['request']>;
export type Response<V extends Verb> = z.output<Api[V]['response']>;

/** What a stream verb is asked with; sent as the `request` query parameter, in JSON. */
export const streams = {
  /** Lines `unit-mimir-k8s-0: 10:20:30 INFO unit.mimir-k8s/0.juju-log text`. */
  'debug-log': z.object({
    /** Lines of the past to begin with; null is all. */
    limit: z.int().min(0).nullable().default(10),
    follow: z.boolean().default(false),
    /** Entities, `mimir-k8s/0`, `mimir-k8s` or `unit-mimir-k8s-0`; none is all. */
    include: z.array(z.string()).default([]),
    exclude: z.array(z.string()).default([]),
    includeModule: z.array(z.string()).default([]),
    level: z.enum(['TRACE', 'DEBUG', 'INFO', 'WARNING', 'ERROR']).default('TRACE'),
  }),
  /** `juju exec`: a bash command line in the charm container, in a hook context. */
  exec: z.object({ unit: name, command: z.string() }),
  /** A command in a workload container, or the charm's; no hook context. */
  ssh: z.object({
    unit: name,
    container: name.default('charm'),
    argv: z.array(z.string()),
    /** Ask for a terminal of this size; frames then carry raw bytes on stdout. */
    terminal: z
      .object({ columns: z.int().min(1), rows: z.int().min(1), term: z.string().default('xterm-256color') })
      .optional(),
  }),
  /** Raw TCP to a port of a unit's, or to an application's service address. */
  forward: z.object({ target: name, port: z.int().min(1).max(65535) }),
} as const;

export type StreamVerb = keyof typeof streams;
export type StreamRequest<V extends StreamVerb> = z.input<(typeof streams)[V]>;
