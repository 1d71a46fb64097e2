/**
 * The file that `charmwright snapshot` writes: one live unit as data. `loadState` of `charmwright/testing` makes a
 * test's state of it.
 *
 * What a hook could see is in it, in Juju's and Pebble's own terms; what the framework and the charm keep in the unit's
 * charm state is there as `state-get` prints it, so that the file does not depend on how this version keeps it.
 */
import * as z from 'zod';
import { CharmwrightError } from '../errors.ts';
import type { Plan } from '../pebble/layer.ts';
import { planSchema } from '../pebble/plan.ts';

/** Raised when a file of an older version could be misread. */
export const SNAPSHOT_VERSION = 1;

const bag = z.record(z.string(), z.string());
const plan: z.core.$ZodType<Plan> = planSchema;
const status = z.object({
  name: z.enum(['active', 'blocked', 'maintenance', 'waiting', 'unknown', 'error', 'terminated']),
  message: z.string(),
});

const relation = z.object({
  id: z.int(),
  endpoint: z.string(),
  isPeer: z.boolean(),
  /** Absent for a peer relation. */
  remoteApp: z.exactOptional(z.string()),
  remoteModelUuid: z.exactOptional(z.string()),
  localAppData: bag,
  localUnitData: bag,
  remoteAppData: bag,
  /** By unit number. */
  remoteUnits: z.record(z.string().regex(/^\d+$/), bag),
  departed: z.array(z.int()),
});

const file = z.object({
  /** One of the two: text, or bytes that are no text. */
  text: z.exactOptional(z.string()),
  base64: z.exactOptional(z.base64()),
  permissions: z.exactOptional(z.int()),
  user: z.exactOptional(z.string()),
  group: z.exactOptional(z.string()),
  userId: z.exactOptional(z.int()),
  groupId: z.exactOptional(z.int()),
});

const notice = z.object({
  id: z.string(),
  userId: z.number().nullable(),
  type: z.string(),
  key: z.string(),
  firstOccurred: z.string(),
  lastOccurred: z.string(),
  lastRepeated: z.string(),
  occurrences: z.number(),
  lastData: bag,
  repeatAfterMs: z.exactOptional(z.number()),
  expireAfterMs: z.exactOptional(z.number()),
});

const container = z.object({
  /** False: nothing else is known about it. */
  canConnect: z.boolean(),
  /** All layers in one: Pebble does not tell them apart. */
  plan,
  services: z.record(z.string(), z.enum(['active', 'inactive', 'backoff', 'error'])),
  /** Since when each of them stands so, RFC 3339. */
  since: z.exactOptional(z.record(z.string(), z.string())),
  checks: z.record(
    z.string(),
    z.object({ status: z.enum(['up', 'down', 'inactive']), failures: z.number() }),
  ),
  /** Only the paths that were asked for. */
  files: z.record(z.string(), file),
  dirs: z.array(z.string()),
  notices: z.array(notice),
});

const secret = z.object({
  id: z.string(),
  modelUuid: z.exactOptional(z.string()),
  owner: z.enum(['application', 'unit', 'none']),
  label: z.exactOptional(z.string()),
  description: z.exactOptional(z.string()),
  rotate: z.exactOptional(z.enum(['never', 'hourly', 'daily', 'weekly', 'monthly', 'quarterly', 'yearly'])),
  expire: z.exactOptional(z.string()),
  /** The latest alone. */
  revisions: z.array(z.object({ revision: z.int(), content: bag })),
  tracked: z.exactOptional(z.int()),
  readable: z.boolean(),
  grants: z.array(z.object({ relationId: z.int(), unit: z.exactOptional(z.string()) })),
});

const network = z.object({
  bindAddresses: z.array(
    z.object({
      interfaceName: z.string(),
      macAddress: z.exactOptional(z.string()),
      addresses: z.array(
        z.object({ hostname: z.exactOptional(z.string()), value: z.string(), cidr: z.string() }),
      ),
    }),
  ),
  egressSubnets: z.array(z.string()),
  ingressAddresses: z.array(z.string()),
});

const cloud = z.object({
  type: z.string(),
  name: z.string(),
  region: z.exactOptional(z.string()),
  endpoint: z.exactOptional(z.string()),
  credential: z.exactOptional(z.object({ authType: z.string(), attrs: bag, redacted: z.array(z.string()) })),
  caCertificates: z.exactOptional(z.array(z.string())),
  skipTlsVerify: z.exactOptional(z.boolean()),
  isControllerCloud: z.exactOptional(z.boolean()),
});

const state = z.object({
  leader: z.boolean(),
  unitNumber: z.int(),
  plannedUnits: z.int(),
  /** What the operator has set, without defaults. */
  config: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  relations: z.array(relation),
  containers: z.record(z.string(), container),
  secrets: z.array(secret),
  storages: z.array(
    z.object({ id: z.string(), kind: z.enum(['filesystem', 'block']), location: z.string() }),
  ),
  ports: z.array(z.string()),
  /** As `state-get` prints it. */
  charmState: bag,
  /** By binding; `''` is the answer for any other. */
  networks: z.record(z.string(), network),
  model: z.object({ name: z.string(), uuid: z.string() }),
  unitStatus: status,
  appStatus: status,
  workloadVersion: z.string(),
  /** Paths on the unit of what has been fetched; the content is not here. */
  resources: bag,
  /** Only of a trusted application. */
  cloud: z.exactOptional(cloud),
});

const snapshotSchema = z.object({
  format: z.literal('charmwright-snapshot'),
  version: z.literal(SNAPSHOT_VERSION),
  /** RFC 3339. */
  taken: z.string(),
  /** `mimir-k8s/0` */
  unit: z.string(),
  /** The charm's name, which need not be the application's. */
  charm: z.string(),
  jujuVersion: z.string(),
  /** What stands for a value that is not written: `masked-root-password`, and where the value was. */
  masked: z.record(z.string(), z.string()),
  /** What could not be seen, one sentence each. */
  notes: z.array(z.string()),
  state,
});

/** One unit at one moment, with where it comes from and what of it is masked. */
export type Snapshot = z.infer<typeof snapshotSchema>;
export type SnapshotState = Snapshot['state'];
export type SnapshotContainer = z.infer<typeof container>;
export type SnapshotRelation = z.infer<typeof relation>;
export type SnapshotSecret = z.infer<typeof secret>;

/** A file is not a snapshot, or not one that this version reads. */
export class SnapshotError extends CharmwrightError {
  override name = 'SnapshotError';
}

/** The text of a snapshot file, checked. @throws SnapshotError naming `where` and what is wrong with it. */
export function parseSnapshot(text: string, where: string): Snapshot {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (cause) {
    throw new SnapshotError(`cannot read ${where}: it is not JSON`, { cause });
  }
  const head = z
    .looseObject({ format: z.literal('charmwright-snapshot'), version: z.number() })
    .safeParse(data);
  if (!head.success)
    throw new SnapshotError(`cannot read ${where}: it is not what charmwright snapshot writes`);
  if (head.data.version !== SNAPSHOT_VERSION)
    throw new SnapshotError(
      `cannot read ${where}: it is of version ${head.data.version}, and this reads ${SNAPSHOT_VERSION}; take it again with this version of charmwright`,
    );
  const parsed = snapshotSchema.safeParse(data);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new SnapshotError(
    `cannot read ${where}: ${issue?.path.join('.') || 'the whole'}: ${issue?.message ?? 'not as expected'}`,
  );
}

/** What the file holds: JSON to be read and compared by people too. */
export function formatSnapshot(snapshot: Snapshot): string {
  return `${JSON.stringify(snapshot, null, 2)}\n`;
}
