/** Reads everything the plan is made from. Touches Juju and Pebble, and changes nothing. */
import { createHash } from 'node:crypto';
import type { Juju } from 'charmwright';
import {
  ApiError,
  ConnectionError,
  PathError,
  type Pebble,
  PebbleError,
  TimeoutError,
} from 'charmwright/pebble';
import * as z from 'zod/mini';
import {
  type Agreement,
  clusterTurnShape,
  readAgreement,
  requestsShape,
  rulesRecordShape,
  turnShape,
  ZONE_RINGS,
} from '../relations/peers.ts';
import { type ObjectStorage, readS3, s3SecretUri } from '../relations/s3.ts';
import { type Spec, spec } from './generated.ts';
import { readGranted } from './granted-secret.ts';
import { mimirAt } from './mimir-api.ts';
import { observeNeighbours, type Related } from './neighbours/index.ts';
import { readThoseThere } from './pebble-files.ts';
import { parseEncryption } from './plan/encryption.ts';
import type { Inputs, LimitSources, Neighbours, RawOptions } from './plan/inputs.ts';
import { hasRole } from './plan/kubernetes.ts';
import { READY_CHECK } from './plan/layer.ts';
import { CONFIG_FILE, CONTAINER, OWN_FILES, STARTED_FILE, TENANT_LIMITS_FILE } from './plan/paths.ts';
import { startDigest } from './plan/plan.ts';
import { runningTrust } from './plan/tls.ts';
import { FLUSHED_FOR, REQUESTS, WRITES_HELD } from './plan/turns.ts';
import { probeBucket } from './probe.ts';
import { remembered } from './remembered.ts';
import { tenantLimitsFrom } from './tenant-limits/file.ts';
import { unitName } from './unit-name.ts';
import { lookAtService } from './workload.ts';
import { observeZones } from './zones.ts';

type MimirJuju = Juju<Spec>;

/** @param all the optional endpoints that have relations. */
export async function observe(juju: MimirJuju, all: readonly Related[]): Promise<Inputs> {
  const neighboursSeen = observeNeighbours(juju, all);
  const [
    options,
    leader,
    ip,
    { agreement, otherUnits },
    { objectStorage, bucket },
    container,
    { neighbours, problems },
  ] = await Promise.all([
    juju.config(),
    juju.isLeader(),
    observeAddress(juju),
    observePeers(juju),
    neighboursSeen.then((seen) => observeBucket(juju, seen.neighbours)),
    observeContainer(juju.container(CONTAINER)),
    neighboursSeen,
  ]);
  const fqdn = unitName(juju);
  const { members, joined } = neighbours;
  const wanted = options['replication-factor'];
  const { replicationFactor: agreed, zoneAware } = agreement ?? {};
  const leads = leader && joined === undefined;
  const choosesZones =
    leads && objectStorage.kind === 'ready' && wanted !== 1 && agreed !== (wanted ?? agreed ?? 0);
  // In a cluster the number is told to others: by the leader of an application that has joined.
  const isDecided =
    joined === undefined
      ? members === undefined && objectStorage.kind === 'ready' && (agreed ?? wanted) === 1 && !choosesZones
      : !leader;
  // A question costs a process. With one copy in a bucket the answer makes no difference.
  const plannedUnits = isDecided ? 1 : await juju.plannedUnits();
  return {
    options,
    app: juju.app,
    charm: spec.name,
    unit: juju.unit,
    model: juju.model,
    leader,
    plannedUnits,
    isUpdateStatus: juju.event.kind === 'update-status',
    address: { ip, fqdn },
    agreement,
    tenantLimits: await tenantLimitsFrom(
      limitSources(options, agreement, neighbours),
      container.files?.[TENANT_LIMITS_FILE],
    ),
    otherUnits,
    now: Date.now(),
    flushedFor: juju.stored(FLUSHED_FOR, z.number()),
    writesHeld: juju.stored(WRITES_HELD, writesHeldShape),
    requests: juju.stored(REQUESTS, requestsShape),
    objectStorage,
    replaced: countReplaced(juju),
    zones: await observeZones(
      juju,
      choosesZones || (leads && (zoneAware !== undefined || options['zone-awareness'] === 'on'))
        ? { app: juju.app, options, agreement, neighbours, plannedUnits }
        : undefined,
    ),
    bucket,
    container: {
      ...container,
      ...(bucket.kind !== 'fine' &&
        container.lastGood !== undefined && {
          serving: await isServing(juju, { ip, fqdn }, container.files ?? {}),
        }),
    },
    neighbours,
    neighbourProblems: problems,
  };
}

/** On Kubernetes Juju runs this hook in each new pod but the first, and nowhere else. */
function countReplaced(juju: MimirJuju): number | undefined {
  const known = juju.stored('replaced', z.number());
  if (juju.event.kind !== 'upgrade-charm') return known;
  const count = (known ?? 0) + 1;
  juju.store('replaced', count);
  return count;
}

const ADDRESS = z.string();

/** A pod keeps its address, and Juju runs other hooks than this one when it has another. */
async function observeAddress(juju: MimirJuju): Promise<string | undefined> {
  if (juju.event.kind === 'update-status') {
    const known = juju.stored('address', ADDRESS);
    if (known !== undefined) return known;
  }
  const { bindAddress } = await juju.network('mimir-peers');
  juju.store('address', bindAddress);
  return bindAddress;
}

/** In a cluster they are those of the application that leads. */
function limitSources(
  options: Inputs['options'],
  agreement: Agreement | undefined,
  { joined }: Neighbours,
): LimitSources {
  if (joined === undefined) return { option: options['tenant-limits'], record: agreement?.tenantLimits };
  return { option: '', record: joined.kind === 'ready' ? joined.configuration.tenantLimits : undefined };
}

const agreementShape = z.object({
  replicationFactor: z.optional(z.number()),
  zoneAware: z.optional(z.array(z.enum(ZONE_RINGS))),
  alertmanagerDigest: z.optional(z.string()),
  grafanaStandIn: z.optional(z.string()),
  rules: z.optional(rulesRecordShape),
  tenantLimits: z.optional(z.string()),
  authorities: z.optional(z.string()),
  turn: z.optional(turnShape),
  clusterTurn: z.optional(clusterTurnShape),
  clusterRequests: z.optional(requestsShape),
  copiesSince: z.optional(z.number()),
  copiesToCome: z.optional(z.number()),
  holdWrites: z.optional(z.number()),
} satisfies Record<keyof Agreement, unknown>);

const writesHeldShape = z.object({ copies: z.number(), done: z.boolean() });

/** What all units have agreed on; undefined until this one has entered the peer relation. */
export async function observeAgreement(juju: MimirJuju): Promise<Agreement | undefined> {
  return (await observePeers(juju)).agreement;
}

async function observePeers(
  juju: MimirJuju,
): Promise<{ readonly agreement: Agreement | undefined; readonly otherUnits: readonly string[] }> {
  const peers = await juju.relation('mimir-peers');
  if (peers === undefined) return { agreement: undefined, otherUnits: [] };
  const read = async () => readAgreement(await peers.localAppData());
  const [agreement, otherUnits] = await Promise.all([
    remembered(juju, peers, agreementShape, read),
    peers.units(),
  ]);
  return { agreement, otherUnits };
}

async function observeObjectStorage(juju: MimirJuju, options: RawOptions): Promise<ObjectStorage> {
  const relation = await juju.relation('s3');
  if (relation === undefined) return { kind: 'none' };
  const bag = await relation.remoteAppData();
  const uri = s3SecretUri(bag);
  const secret = uri === undefined ? undefined : await readGranted(juju, uri);
  const needsKeys = !hasRole(options);
  return readS3({ relation: relation.name, app: relation.remoteApp }, bag, secret, needsKeys);
}

const bucketShape = z.object({
  connection: z.string(),
  state: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('fine') }),
    z.object({ kind: z.enum(['away', 'refused']), cause: z.string() }),
  ]),
});

/** Events of other relations are no reason to ask the bucket again. */
async function observeBucket(
  juju: MimirJuju,
  { trusted, joined }: Neighbours,
): Promise<Pick<Inputs, 'objectStorage' | 'bucket'>> {
  // The bucket is the one of the application that leads.
  if (joined !== undefined) return { objectStorage: { kind: 'none' }, bucket: { kind: 'fine' } };
  const options = await juju.config();
  const objectStorage = await observeObjectStorage(juju, options);
  if (objectStorage.kind !== 'ready') return { objectStorage, bucket: { kind: 'fine' } };
  const wanted = parseEncryption(options);
  const encryption = wanted.ok ? wanted.encryption : undefined;
  const { event } = juju;
  const connection = createHash('sha256')
    .update(JSON.stringify([objectStorage.s3, trusted, encryption]))
    .digest('hex');
  const known = juju.stored('bucket', bucketShape);
  if (known?.connection === connection && 'endpoint' in event && event.endpoint !== 's3')
    return { objectStorage, bucket: known.state };
  const state = await probeBucket(objectStorage.s3, {
    ...(trusted !== undefined && { trusted }),
    ...(encryption !== undefined && { encryption }),
  });
  juju.store('bucket', { connection, state });
  return { objectStorage, bucket: state };
}

/** Pebble knows of a Mimir that has been silent for a while, and to ask that one takes seconds. */
async function isServing(
  juju: MimirJuju,
  address: Inputs['address'],
  files: Readonly<Record<string, string>>,
): Promise<boolean> {
  const { ip } = address;
  const pebble = juju.container(CONTAINER);
  if (ip === undefined) return false;
  try {
    const [check] = await pebble.checks({ names: [READY_CHECK] });
    if (check?.status === 'down') return false;
  } catch (error) {
    if (!(error instanceof PebbleError)) throw error;
  }
  const trust = runningTrust(files, { app: juju.app, model: juju.model, address });
  return (await mimirAt(ip, trust).ready()).ready;
}

/** A Pebble that stumbles counts as away: it will be ready again, with an event. */
async function observeContainer(pebble: Pebble): Promise<Inputs['container']> {
  try {
    const { [STARTED_FILE]: started, ...files } = await readThoseThere(pebble, [...OWN_FILES, STARTED_FILE]);
    const service = await lookAtService(pebble, started);
    return {
      reachable: true,
      files,
      service,
      ...(files[CONFIG_FILE] !== undefined && { lastGood: startDigest(files) }),
    };
  } catch (error) {
    if (error instanceof PathError) return { reachable: true };
    if (error instanceof ConnectionError || error instanceof TimeoutError || error instanceof ApiError)
      return { reachable: false };
    throw error;
  }
}
