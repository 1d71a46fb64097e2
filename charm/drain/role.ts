/**
 * An application that is not to have ingesters any more. Others take the writes, and this unit's ingester goes on
 * answering for what it holds until nobody needs it: until queries find all of that in the bucket, or where queries of
 * the last hours ask ingesters only, until what it holds is older than that.
 */
import { type Juju, maintenance, type Status, waiting } from 'charmwright';
import { PebbleError } from 'charmwright/pebble';
import * as z from 'zod/mini';
import type { Spec } from '../generated.ts';
import type { MimirApi } from '../mimir-api.ts';
import { MimirError } from '../mimir-errors.ts';
import type { Inputs } from '../plan/inputs.ts';
import { CONTAINER, DIRS } from '../plan/paths.ts';
import { ownRunningMimir, runningMimirAt } from '../running-mimir.ts';
import { type RunningStorage, runningStorage } from './bucket.ts';
import { drainIngester } from './drain.ts';
import { onVolume } from './indexed.ts';
import { progress, takeNoWrites, takeWrites } from './ingester-api.ts';
import { ENDS } from './marks.ts';
import { ipOf, podOf } from './members.ts';
import { type Member, ringMembers } from './ring-api.ts';
import { leaveRing } from './ring-exit.ts';

const endsShape = z.object({
  /** When it was first asked to take no writes. */
  since: z.number(),
  /** Nobody needs it any more: it waits for its turn to be restarted. */
  isEmpty: z.optional(z.boolean()),
});
/** Mimir's `query_ingesters_within`: what is older comes from the bucket alone. */
const WINDOW_MS = 13 * 3600_000;
/** In one hook. The next one goes on with it. */
const LONGEST_MS = 10 * 60_000;

/** @returns what it waits for; undefined once the ingester may end. */
export async function endIngester(juju: Juju<Spec>, inputs: Inputs): Promise<Status | undefined> {
  try {
    return await end(juju, inputs);
  } catch (error) {
    if (!(error instanceof MimirError) && !(error instanceof PebbleError)) throw error;
    return waits(error.message);
  }
}

/**
 * The application has ingesters after all, or again: the rings remember for minutes that the one of this name takes no
 * writes, also when it has left them.
 */
export async function resumeIngester(juju: Juju<Spec>, inputs: Inputs): Promise<undefined> {
  const api = ownRunningMimir(inputs);
  try {
    if (api === undefined) return;
    await takeWrites(api);
    juju.store(ENDS, undefined);
  } catch (error) {
    // It does not serve yet, or a flush is under way: the next hook asks again.
    if (!(error instanceof MimirError)) throw error;
  }
}

/** Right before it is stopped for good. One that does not serve is stopped as it is. */
export async function partWithIngester(juju: Juju<Spec>, inputs: Inputs): Promise<void> {
  const api = ownRunningMimir(inputs);
  try {
    if (api !== undefined) await leaveRing(api, podOf(inputs.unit));
  } catch (error) {
    if (!(error instanceof MimirError)) throw error;
    juju.log.warn(error.message);
  }
}

async function end(juju: Juju<Spec>, inputs: Inputs): Promise<Status | undefined> {
  const { files = {} } = inputs.container;
  const api = ownRunningMimir(inputs);
  const storage = runningStorage(files);
  if (api === undefined || storage === undefined) return waits('Mimir cannot be asked');
  if (!(await api.ready()).ready) return (await hasMetrics(juju)) ? waits('Mimir does not serve') : undefined;
  if (storage.kind === 'filesystem') return waits('its metrics are on its own disk');
  const members = (await ringMembers(api, 'ingester')) ?? [];
  const copies = inputs.agreement?.replicationFactor ?? 1;
  const others = members.filter((member) => takesWrites(member) && !isOurs(member, inputs.app));
  if (others.length < copies)
    return waits(`${others.length} of ${copies} ingesters are there that could take the writes`);
  const known = juju.stored(ENDS, endsShape);
  if (known?.isEmpty === true && (await isStillEmpty(api, members, inputs.unit))) return undefined;
  const since = known?.since ?? Date.now();
  juju.store(ENDS, { since });
  const done = await outlived(juju, inputs, { api, storage, since });
  if (done === undefined) juju.store(ENDS, { since, isEmpty: true });
  return done;
}

/** On its volume. One that serves and has none yet may be given some in the next moment. */
async function hasMetrics(juju: Juju<Spec>): Promise<boolean> {
  const pebble = juju.container(CONTAINER);
  return (await pebble.exists(DIRS.tsdb)) && (await pebble.list(DIRS.tsdb)).length > 0;
}

/** One that was started anew meanwhile takes writes. */
async function isStillEmpty(api: MimirApi, members: readonly Member[], unit: string): Promise<boolean> {
  const own = members.find(({ id }) => id === podOf(unit));
  return own?.readOnly === true && (await progress(api)).series === 0;
}

interface Ending {
  readonly api: MimirApi;
  readonly storage: RunningStorage;
  /** When it was first asked to take no writes. */
  readonly since: number;
}

async function outlived(
  juju: Juju<Spec>,
  inputs: Inputs,
  { api, storage, since }: Ending,
): Promise<Status | undefined> {
  if (storage.seenAfterSeconds === undefined) {
    await takeNoWrites(api);
    const until = since + WINDOW_MS;
    if (Date.now() < until) return answersUntil(until);
  }
  return drained(juju, inputs, api, storage);
}

async function drained(
  juju: Juju<Spec>,
  inputs: Inputs,
  api: MimirApi,
  storage: RunningStorage,
): Promise<Status | undefined> {
  const gateways = await ringMembers(api, 'store-gateway');
  const readers = gateways
    ?.filter(({ state, id }) => state === 'ACTIVE' && id !== podOf(inputs.unit))
    .map((member) => runningMimirAt(inputs, ipOf(member)));
  const result = await drainIngester({
    api,
    storage,
    leaving: false,
    // One that is alone with its store gateway goes on to have it.
    readers: readers === undefined || readers.length === 0 ? 'unknown' : readers,
    memory: onVolume(juju.container(CONTAINER)),
    deadline: Date.now() + LONGEST_MS,
    tell: async (text) => {
      juju.log.info(`drain: ${text}`);
      await juju.showStatus(maintenance(`[drain] ${text}`));
    },
  });
  if (result.kind === 'stuck') return waits(result.reason);
  juju.log.info(`drained: ${result.series} series, ${result.blocks ?? 'no'} blocks seen in the bucket`);
  return undefined;
}

function takesWrites({ state, readOnly }: Member): boolean {
  return state === 'ACTIVE' && !readOnly;
}

function isOurs({ id }: Member, app: string): boolean {
  return id.startsWith(`${app}-`) && /^\d+$/.test(id.slice(app.length + 1));
}

function waits(reason: string): Status {
  return waiting(`[roles] the ingester stays for now: ${reason}`);
}

function answersUntil(time: number): Status {
  const minute = new Date(time).toISOString().slice(0, 16);
  return waiting(
    `[roles] the ingester takes no writes, and stays until ${minute} UTC, when no query needs it any more`,
  );
}
