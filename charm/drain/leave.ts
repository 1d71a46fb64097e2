/**
 * What a unit does that leaves for good.
 *
 * Juju tells it by its hooks while its pod lives on: `storage-detaching` first, then the ends of its relations, then
 * `stop`. Kubernetes is asked to delete pods only when every unit that is to go is dead, so a hook that takes its time,
 * or fails, keeps the unit and everything that it has. A pod that is only replaced runs `stop` as well, while its
 * containers are being ended; its unit is not dying, and it comes back to its volume and its log.
 */
import { type Juju, type JujuEvent, maintenance, waiting } from 'charmwright';
import { type Pebble, PebbleError } from 'charmwright/pebble';
import * as z from 'zod/mini';
import type { Spec } from '../generated.ts';
import { type MimirApi, mimirAt, type Readiness } from '../mimir-api.ts';
import { MimirError } from '../mimir-errors.ts';
import type { Related } from '../neighbours/index.ts';
import { observe } from '../observe.ts';
import { within } from '../patience.ts';
import { readThoseThere } from '../pebble-files.ts';
import { CONTAINER, DIRS, OWN_FILES, SERVICE } from '../plan/paths.ts';
import { plan, withAgreement } from '../plan/plan.ts';
import { runningTrust } from '../plan/tls.ts';
import { unitName } from '../unit-name.ts';
import { applyWorkload, explain } from '../workload.ts';
import { runningStorage } from './bucket.ts';
import { drainIngester } from './drain.ts';
import { untilForgotten } from './forgotten.ts';
import { onVolume } from './indexed.ts';
import { atShutdown, prepareShutdown } from './ingester-api.ts';
import { untilLedHaveGone } from './led.ts';
import { LEFT } from './marks.ts';
import { ipOf, othersThatStay, podOf, unitsByPod } from './members.ts';
import { ringMembers } from './ring-api.ts';
import { leaveRing } from './ring-exit.ts';

type MimirJuju = Juju<Spec>;

const leftShape = z.enum(['in object storage', 'on the volume', 'none']);
type Left = z.infer<typeof leftShape>;

/** The hook fails, and Juju runs it again: the unit stays until its metrics are safe. */
export class DrainError extends Error {
  override name = 'DrainError';
}

/** In one hook: shorter outages of object storage are waited for, and after longer ones Juju tries again. */
const LONGEST_MS = 10 * 60_000;
const LONGEST_START_MS = 3 * 60_000;
/** Of one that was started a moment ago. */
const LONGEST_JOIN_MS = 60_000;
/** Mimir leaves the rings within seconds of SIGTERM. */
const STOP_MS = 150_000;

/** @returns whether the unit leaves, and has nothing else to do. */
export async function leave(
  juju: MimirJuju,
  event: JujuEvent<Spec>,
  related: () => Promise<readonly Related[]>,
): Promise<boolean> {
  let left = juju.stored(LEFT, leftShape);
  if (left === undefined) {
    if (event.kind !== 'storage-detaching' && event.kind !== 'stop') return false;
    if (!(await isDying(juju))) return false;
    const reason = await untilLedHaveGone(juju, LONGEST_MS);
    if (reason !== undefined) {
      await juju.showStatus(waiting(reason));
      throw new DrainError(reason);
    }
    left = await empty(juju, await related());
    juju.store(LEFT, left);
  }
  juju.addStatus(maintenance(`[drain] leaving; metrics that only this unit has: ${left}`));
  return true;
}

async function isDying(juju: MimirJuju): Promise<boolean> {
  const { units } = await juju.goalState();
  const own = units[juju.unit];
  return own === undefined || own.status === 'dying';
}

async function empty(juju: MimirJuju, related: readonly Related[]): Promise<Left> {
  const pebble = juju.container(CONTAINER);
  try {
    if (!(await hasMetrics(juju)) && !(await mayBeGivenSome(juju))) return 'none';
    const own = await serving(juju, related);
    const storage = runningStorage(own.files);
    if (storage === undefined) throw await stuck(juju, 'the configuration of Mimir cannot be read');
    if (storage.kind === 'filesystem') {
      juju.log.info('no object storage: the metrics stay on the volume of this unit');
      return 'on the volume';
    }
    // Its application has had ingesters once, and has emptied them when it gave up the role.
    if ((await atShutdown(own.api)) === undefined) return 'none';
    const others = await remaining(juju, own);
    const result = await drainIngester({
      api: own.api,
      storage,
      leaving: true,
      readers: others ?? ((await clusterEnds(juju)) ? [] : 'unknown'),
      memory: onVolume(pebble),
      deadline: Date.now() + LONGEST_MS,
      tell: async (text) => {
        juju.log.info(`drain: ${text}`);
        await juju.showStatus(maintenance(`[drain] ${text}`));
      },
    });
    if (result.kind === 'stuck') throw await stuck(juju, result.reason);
    juju.log.info(`drained: ${result.series} series, ${result.blocks ?? 'no'} blocks seen in the bucket`);
    const isMissed = others?.length !== 0;
    if (isMissed) await untilUnready(pebble);
    // Now it leaves the ring as well.
    await prepareShutdown(own.api);
    if (isMissed) await leaveRing(own.api, podOf(juju.unit));
    await pebble.stop([SERVICE], { timeoutMs: STOP_MS });
    await untilForgotten(others ?? [], podOf(juju.unit));
    return 'in object storage';
  } catch (error) {
    if (error instanceof PebbleError || error instanceof MimirError)
      throw await stuck(juju, error.message, error);
    throw error;
  }
}

/** Says why the unit stays. */
async function stuck(juju: MimirJuju, reason: string, cause?: Error): Promise<DrainError> {
  const text = `[drain] ${reason}; the unit stays until its metrics are in object storage`;
  await juju.showStatus(waiting(text));
  return new DrainError(text, { cause });
}

/** A unit whose Mimir has never served has none; one whose container never came cannot be asked. */
async function hasMetrics(juju: MimirJuju): Promise<boolean> {
  const pebble = juju.container(CONTAINER);
  const hasServed = juju.stored('version-told', z.string()) !== undefined;
  if (!hasServed && !(await pebble.canConnect())) return false;
  return (
    (await pebble.exists(DIRS.tsdb)) &&
    (await pebble.list(DIRS.tsdb)).some(({ type }) => type === 'directory')
  );
}

/**
 * One that serves is in the rings, and may be given some at any moment. One that does not serve is stopped, so that nobody
 * gives it any.
 */
async function mayBeGivenSome(juju: MimirJuju): Promise<boolean> {
  const pebble = juju.container(CONTAINER);
  if (!(await pebble.canConnect())) return false;
  const [service] = await pebble.services([SERVICE]);
  if (service === undefined || service.current === 'inactive') return false;
  const { api } = await ownMimir(juju);
  if ((await readiness(api, LONGEST_JOIN_MS)).ready) return true;
  await pebble.stop([SERVICE], { timeoutMs: STOP_MS });
  return hasMetrics(juju);
}

function readiness(api: MimirApi, patienceMs: number): Promise<Readiness> {
  return within(
    patienceMs,
    () => api.ready(),
    ({ ready }) => ready,
  );
}

interface Serving {
  readonly api: MimirApi;
  readonly ip: string;
  /** Those that it was started with. */
  readonly files: Readonly<Record<string, string>>;
}

/** Its Mimir, started if it does not run. */
async function serving(juju: MimirJuju, related: readonly Related[]): Promise<Serving> {
  const pebble = juju.container(CONTAINER);
  const [service] = await pebble.services([SERVICE]);
  if (service?.current !== 'active') {
    const inputs = withAgreement(await observe(juju, related));
    // Its relations end: with another configuration than the last good one it would flush to another place.
    const unchanged = {
      bucket: { kind: 'away', cause: 'not asked' },
      container: { ...inputs.container, serving: true },
    } as const;
    await applyWorkload(pebble, plan({ ...inputs, ...unchanged }).workload, inputs.container);
    const [started] = await pebble.services([SERVICE]);
    if (started?.current === 'inactive') await pebble.start([SERVICE]);
  }
  const own = await ownMimir(juju);
  const last = await readiness(own.api, LONGEST_START_MS);
  if (last.ready) return own;
  const diagnosis = await explain(pebble);
  throw await stuck(juju, `Mimir does not serve: ${diagnosis?.cause ?? last.reason}`);
}

async function ownMimir(juju: MimirJuju): Promise<Serving> {
  const { bindAddress } = await juju.network('mimir-peers');
  if (bindAddress === undefined) throw await stuck(juju, 'the unit has no address');
  const files = await readThoseThere(juju.container(CONTAINER), OWN_FILES);
  return { api: mimirAt(bindAddress, trust(juju, files, bindAddress)), files, ip: bindAddress };
}

function trust(juju: MimirJuju, files: Readonly<Record<string, string>>, ip: string) {
  return runningTrust(files, { app: juju.app, model: juju.model, address: { ip, fqdn: unitName(juju) } });
}

/**
 * Those that go on serving queries, as clients: the store gateways that are not leaving with this one. Undefined where
 * there are some that cannot be told: of another application, or away for a moment, as one is that restarts.
 */
async function remaining(
  juju: MimirJuju,
  { api, files, ip }: Serving,
): Promise<readonly MimirApi[] | undefined> {
  const members = await ringMembers(api, 'store-gateway');
  if (members === undefined) return undefined;
  const others = (await othersThatStay(juju, members, ip)).map(ipOf);
  if (others.length === 0 && [...(await unitsByPod(juju)).values()].includes('stays')) return undefined;
  return others.map((other) => mimirAt(other, trust(juju, files, other)));
}

/**
 * Whether the whole cluster goes, of which this unit's application leads the others or has joined them: nobody makes an
 * index of the blocks then, and nobody asks for them.
 */
async function clusterEnds(juju: MimirJuju): Promise<boolean> {
  const { relations } = await juju.goalState();
  const leading = relations['join-cluster'];
  if (leading)
    return !Object.entries(leading).some(([name, { status }]) => name.includes('/') && status !== 'dying');
  const leads = relations['mimir-cluster'] !== undefined;
  return leads && ![...(await unitsByPod(juju)).values()].includes('stays');
}

const NOT_READY = {
  override: 'replace',
  level: 'ready',
  startup: 'enabled',
  period: '1s',
  timeout: '900ms',
  threshold: 1,
  // Nobody listens there.
  tcp: { host: '127.0.0.1', port: 1 },
} as const;
/** Kubernetes asks every five seconds, and its nodes hear of the answer soon after. */
const HEARD_MS = 8000;

/** The unit's pod lives on as ready as any: its service would send requests to a Mimir that is stopped. */
async function untilUnready(pebble: Pebble): Promise<void> {
  const { setTimeout: sleep } = await import('node:timers/promises');
  await pebble.addLayer('mimir-leaving', { checks: { leaving: NOT_READY } }, { combine: true });
  for (const deadline = Date.now() + HEARD_MS; Date.now() < deadline; await sleep(500))
    if (!(await pebble.health('ready'))) break;
  await sleep(HEARD_MS);
}
