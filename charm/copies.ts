/** Another number of copies: prepares this unit for it, and as leader gives the word when all are prepared. */
import { type Juju, type Status, waiting } from 'charmwright';
import { unitPrepared } from '../relations/peer-prepared.ts';
import type { Agreement } from '../relations/peers.ts';
import { runningStorage } from './drain/bucket.ts';
import { drainIngester } from './drain/drain.ts';
import { isReadOnly, prepareShutdown, progress, startFlush, takeNoWrites } from './drain/ingester-api.ts';
import type { Spec } from './generated.ts';
import type { MimirApi } from './mimir-api.ts';
import { MimirError } from './mimir-errors.ts';
import { until, within } from './patience.ts';
import { copiesWord } from './plan/copies.ts';
import type { Inputs } from './plan/inputs.ts';
import { CONFIG_FILE } from './plan/paths.ts';
import { runningComponents } from './plan/running.ts';
import { ownRunningMimir } from './running-mimir.ts';
import { wakeLater } from './wake.ts';

const LONGEST_FLUSH_MS = 5 * 60_000;
/** Indexes are made twice a minute. What takes longer is gone on with in the next hook. */
const LONGEST_HOLD_MS = 3 * 60_000;
/** The leader's word is 32 seconds ahead, and no clock is wrong by more than the rest. */
const LONGEST_NOTICE_MS = 60_000;

/**
 * From the leader's word to the restart; all have heard of it by then. And store gateways, which look every 25 seconds (a fifth
 * later at most), have found the last blocks: of a block that was uploaded within 75 seconds queriers do not say that it is
 * missing.
 */
const NOTICE_MS = 32_000;

/** @param copies that are to come. @returns the inputs with what this unit says of it, and why it does not come yet. */
export async function prepareCopies(
  juju: Juju<Spec>,
  inputs: Inputs,
  copies: number,
): Promise<readonly [Inputs, readonly Status[]]> {
  const { hold, replicationFactor: agreed = copies } = copiesWord(inputs);
  const number = numberOf(copies);
  const waits = (why: string) => [
    number === copies
      ? waiting(`[replication-factor] from ${agreed} to ${copies}: ${why}`)
      : waiting(`[zone-awareness] copies are to be in other places: ${why}`),
  ];
  const trouble = mayMiss(copies) && inputs.flushedFor !== copies ? await flush(inputs) : undefined;
  if (trouble !== undefined) return [inputs, waits(trouble)];
  const isHeld = hold === copies;
  const held = isHeld ? await holdWrites(juju, inputs, copies) : undefined;
  const prepared = {
    ...inputs,
    flushedFor: copies,
    ...(held !== undefined && { writesHeld: held.writesHeld }),
  };
  const why = held?.why ?? (await unprepared(juju, prepared, copies, isHeld ? 'heldFor' : 'flushedFor'));
  if (why !== undefined) return [prepared, waits(why)];
  // No write is refused while a unit is waited for that may never come.
  const { silent = [], byCopies } = inputs.zones?.rings ?? {};
  if (!isHeld && copies > 1 && silent.length > 0)
    return [
      prepared,
      waits(`waiting until all units of ${silent.join(', ')} have said in which zone they are`),
    ];
  await wakeLater(juju);
  const rings = byCopies?.[number] ?? [];
  const agreement = isHeld
    ? {
        ...agreedOn(number, Date.now()),
        zoneAware: rings.length === 0 ? undefined : rings,
        copiesToCome: undefined,
      }
    : { holdWrites: copies };
  return [{ ...prepared, agreed: agreement }, []];
}

/** What the leader says when all units are prepared. Writes are held until all run by it. */
function agreedOn(copies: number, now: number): Pick<Agreement, 'replicationFactor' | 'copiesSince'> {
  return { replicationFactor: copies, copiesSince: now + NOTICE_MS };
}

/** Why the leader does not say yet what follows: that all other units are as far as this one. */
async function unprepared(
  juju: Juju<Spec>,
  { leader, neighbours, otherUnits }: Inputs,
  copies: number,
  how: 'flushedFor' | 'heldFor',
): Promise<string | undefined> {
  const { joined, members = [] } = neighbours;
  if (!leader || joined !== undefined) return "waiting for the leader's word";
  const peers = await juju.relation('mimir-peers');
  const own = await Promise.all(
    otherUnits.map(async (unit) => ({ unit, ...unitPrepared((await peers?.remoteUnitData(unit)) ?? {}) })),
  );
  const others = members.filter(({ roles }) => roles.includes('ingester')).flatMap(({ units }) => units);
  const missing = [...own, ...others].find((each) => each[how] !== copies)?.unit;
  return missing === undefined ? undefined : `waiting for ${missing} to be ready for it`;
}

/**
 * Whether queries by this number may miss what one ingester alone has: with zones all those of one. With one copy they ask
 * each ingester.
 */
function mayMiss(copies: number): boolean {
  return copies > 1;
}

/** What the ingester holds is in object storage. @returns why not */
async function flush(inputs: Inputs): Promise<string | undefined> {
  const api = ownIngester(inputs);
  if (api === undefined) return undefined;
  try {
    const flushing = startFlush(api, undefined, LONGEST_FLUSH_MS);
    const shipped = async () => {
      const now = await progress(api);
      return flushing.ended && !now.flushing && now.shipped;
    };
    const isDone = await within(LONGEST_FLUSH_MS, shipped, (done) => done || flushing.error !== undefined);
    if (flushing.error !== undefined) return flushing.error.message;
    return isDone ? undefined : 'what its ingester holds is not in object storage yet';
  } catch (error) {
    if (!(error instanceof MimirError)) throw error;
    return error.message;
  }
}

/**
 * The ingester takes no writes, and with more copies than one to come queries need it for nothing. That it is to be so is stored by
 * one hook and done by the next: a hook that is killed leaves no ingester behind of which nobody knows.
 */
async function holdWrites(
  juju: Juju<Spec>,
  inputs: Inputs,
  copies: number,
): Promise<{ readonly writesHeld: NonNullable<Inputs['writesHeld']>; readonly why?: string }> {
  const { writesHeld } = inputs;
  const wanted = { copies, done: false };
  if (writesHeld?.copies !== copies) {
    await wakeLater(juju);
    return { writesHeld: wanted, why: 'is to take no writes for a moment' };
  }
  const api = ownIngester(inputs);
  if (api === undefined || (writesHeld.done && (await takesNone(api))))
    return { writesHeld: { copies, done: true } };
  const why = mayMiss(copies) ? await drain(juju, inputs, api) : await readOnly(api);
  if (why !== undefined) await wakeLater(juju);
  return why === undefined ? { writesHeld: { copies, done: true } } : { writesHeld: wanted, why };
}

/** A hook that was killed may have let it take writes again, and not have said so. One that does not run takes none. */
async function takesNone(api: MimirApi): Promise<boolean> {
  try {
    return await isReadOnly(api);
  } catch (error) {
    if (!(error instanceof MimirError)) throw error;
    return true;
  }
}

async function drain(juju: Juju<Spec>, { container }: Inputs, api: MimirApi): Promise<string | undefined> {
  const storage = runningStorage(container.files ?? {});
  if (storage === undefined) return 'Mimir cannot be asked';
  const result = await drainIngester({
    api,
    storage,
    leaving: false,
    readers: 'anew',
    deadline: Date.now() + LONGEST_HOLD_MS,
    tell: async (text) => juju.log.info(`another number of copies: ${text}`),
  });
  return result.kind === 'stuck' ? result.reason : undefined;
}

async function readOnly(api: MimirApi): Promise<string | undefined> {
  try {
    await takeNoWrites(api);
    return undefined;
  } catch (error) {
    if (!(error instanceof MimirError)) throw error;
    return error.message;
  }
}

/** Right before Mimir is started on another number of copies: all stop at one time. */
export async function meetForCopies(inputs: Inputs, planned: string | undefined): Promise<void> {
  const before = copiesIn(inputs.container.files?.[CONFIG_FILE]);
  const copies = copiesIn(planned);
  const { since } = copiesWord(inputs);
  // Without it the bucket has changed, too, and what was taken in so far must not be flushed to the one before.
  if (before === undefined || copies === undefined || since === undefined) return;
  const api = ownIngester(inputs);
  if (mayMiss(copies) && api !== undefined) {
    try {
      // It was started anew since it was emptied.
      if ((await progress(api)).series > 0) await prepareShutdown(api);
    } catch (error) {
      // It does not run: what it holds comes from its log, and is flushed in its time.
      if (!(error instanceof MimirError)) throw error;
    }
  }
  await until(Math.min(since, Date.now() + LONGEST_NOTICE_MS));
}

/** Undefined where none runs. */
export function ownIngester(inputs: Inputs): MimirApi | undefined {
  return runningComponents(inputs).includes('ingester') ? ownRunningMimir(inputs) : undefined;
}

/** The number of copies in a configuration file of ours. */
export function copiesIn(config: string | undefined): number | undefined {
  const [, copies] = /^ingester:\n {2}ring:\n {4}replication_factor: (\d+)$/m.exec(config ?? '') ?? [];
  return copies === undefined ? undefined : Number(copies);
}

/** The number of copies itself, of what stands for it (see `plan/ring-zones.ts`). */
export function numberOf(copies: number): number {
  return copies - 1 + (copies % 2);
}
