/** After another number of copies has come, or has not: ingesters take writes again. */
import { type Juju, type Status, waiting } from 'charmwright';
import { unitHost } from '../relations/peers.ts';
import { ownIngester, wakeLater } from './copies.ts';
import { takeWrites } from './drain/ingester-api.ts';
import { isDrainedByHand, isToEndIngester } from './drain/marks.ts';
import type { Spec } from './generated.ts';
import { sumOf } from './metrics.ts';
import type { MimirApi } from './mimir-api.ts';
import { MimirError } from './mimir-errors.ts';
import { within } from './patience.ts';
import { copiesWord } from './plan/copies.ts';
import type { Inputs } from './plan/inputs.ts';
import { WRITES_HELD } from './plan/turns.ts';
import { runningMimirAt } from './running-mimir.ts';

const PATIENCE_MS = 20_000;
/** A unit that does not answer for so long does not run, and starts on the new number when it comes back. */
const AWAY_MS = 60_000;
const COPIES = 'cortex_distributor_replication_factor';

/** What one Mimir writes in one copy, another one of three may not see: none takes writes before all are of one number. */
export async function resumeWrites(juju: Juju<Spec>, inputs: Inputs): Promise<readonly Status[]> {
  const own = ownIngester(inputs);
  if (own === undefined || isDrainedByHand(juju) || isToEndIngester(juju)) {
    juju.store(WRITES_HELD, undefined);
    return [];
  }
  const { replicationFactor: copies } = copiesWord(inputs);
  // What it waits for, its own statuses say; there will be an event when it serves.
  if (!(await own.ready()).ready) return [];
  const mine = await copiesOf(own);
  if (mine !== undefined && mine !== copies) return [];
  const behind = await within(
    PATIENCE_MS,
    () => otherCopies(juju, inputs),
    (unit) => unit === undefined,
  );
  if (behind !== undefined) {
    await wakeLater(juju);
    return [waiting(`[replication-factor] takes no writes until ${behind} runs with ${copies}, too`)];
  }
  try {
    await takeWrites(own);
    juju.store(WRITES_HELD, undefined);
    return [];
  } catch (error) {
    if (!(error instanceof MimirError)) throw error;
    await wakeLater(juju);
    return [waiting(`[replication-factor] ${error.message}`)];
  }
}

/** A unit whose Mimir runs on another number, or may do so. */
async function otherCopies(juju: Juju<Spec>, inputs: Inputs): Promise<string | undefined> {
  const { since, replicationFactor } = copiesWord(inputs);
  const { otherUnits, neighbours } = inputs;
  // Nothing has come of it, or it is long ago.
  if (since === undefined) return undefined;
  const isOver = Date.now() > since + AWAY_MS;
  // Not all applications of a cluster can be asked.
  const { joined, members = [] } = neighbours;
  if (!isOver && joined !== undefined && 'app' in joined) return joined.app;
  if (!isOver && members.length > 0) return members[0]?.app;
  const peers = await juju.relation('mimir-peers');
  for (const other of otherUnits) {
    const host = unitHost((await peers?.remoteUnitData(other)) ?? {});
    const copies = host === undefined ? 'silent' : await copiesOf(runningMimirAt(inputs, host));
    const isAway = copies === 'silent' && isOver;
    if (copies !== undefined && copies !== replicationFactor && !isAway) return other;
  }
  return undefined;
}

/** Undefined where a Mimir writes none. */
async function copiesOf(api: MimirApi): Promise<number | 'silent' | undefined> {
  try {
    const written = sumOf(await api.metrics([COPIES]), COPIES);
    return written === 0 ? undefined : written;
  } catch (error) {
    if (!(error instanceof MimirError)) throw error;
    return 'silent';
  }
}
