/** After another number of copies has come, or has not: ingesters take writes again. */
import { type Juju, type Status, waiting } from 'charmwright';
import { type Agreement, unitHost, ZONE_RINGS, type ZoneRing } from '../relations/peers.ts';
import { copiesIn, numberOf, ownIngester } from './copies.ts';
import { takeWrites } from './drain/ingester-api.ts';
import { isDrainedByHand, isToEndIngester } from './drain/marks.ts';
import type { Spec } from './generated.ts';
import { sumOf } from './metrics.ts';
import type { MimirApi } from './mimir-api.ts';
import { MimirError } from './mimir-errors.ts';
import { within } from './patience.ts';
import { copiesToTell } from './plan/copies.ts';
import type { Inputs } from './plan/inputs.ts';
import { CONFIG_FILE } from './plan/paths.ts';
import { runningComponents } from './plan/running.ts';
import { WRITES_HELD } from './plan/turns.ts';
import { isZoneAware } from './plan/zones.ts';
import { runningMimirAt } from './running-mimir.ts';
import { wakeLater } from './wake.ts';

/** Others wait for this unit meanwhile. */
const PATIENCE_MS = 5000;
/** A unit that does not answer for so long does not run, and starts on the new number when it comes back. */
const AWAY_MS = 60_000;
const COPIES = 'cortex_distributor_replication_factor';

/**
 * The leader's word that ingesters take writes. What one Mimir writes in one copy, another one of three may not see: so not
 * before all Mimirs are of one number, and those of other applications are asked, too.
 * @returns the inputs with the word, or why it does not come yet.
 */
export async function endHold(
  juju: Juju<Spec>,
  inputs: Inputs,
): Promise<readonly [Inputs, readonly Status[]]> {
  const behind = restartsNow(inputs) ? inputs.unit : await lastBehind(inputs, await mimirsOf(juju, inputs));
  if (behind === undefined) return [{ ...inputs, agreed: { holdWrites: undefined } }, []];
  await wakeLater(juju);
  const copies = inputs.agreement?.replicationFactor;
  return [
    inputs,
    [waiting(`[replication-factor] no writes are taken until ${behind} runs with ${copies}, too`)],
  ];
}

/** This very hook does it: nobody is asked before. */
function restartsNow({ agreement, container }: Inputs): boolean {
  const configuration = container.files?.[CONFIG_FILE] ?? '';
  const runsBy = { copies: copiesIn(configuration), rings: ringsInZones(configuration) };
  return runningComponents({ container }).length > 0 && !isAgreed(runsBy, agreement);
}

/** After some patience: a unit whose Mimir runs on another number, or may do so. */
function lastBehind(inputs: Inputs, mimirs: readonly Place[]): Promise<string | undefined> {
  return within(
    PATIENCE_MS,
    () => behindOf(inputs, mimirs),
    (unit) => unit === undefined,
  );
}

async function behindOf(inputs: Inputs, mimirs: readonly Place[]): Promise<string | undefined> {
  const { agreement } = inputs;
  const { copiesSince: since = 0 } = agreement ?? {};
  const isOver = Date.now() > since + AWAY_MS;
  const answers = await Promise.all(
    mimirs.map(async ({ host }) => (host === undefined ? 'silent' : askedOf(runningMimirAt(inputs, host)))),
  );
  const isFine = (answer: (typeof answers)[number]) =>
    answer === undefined || (answer === 'silent' ? isOver : isAgreed(answer, agreement));
  return mimirs.find((_, at) => !isFine(answers[at]))?.unit;
}

interface Place {
  readonly unit: string;
  /** Undefined while it has not said where it is. */
  readonly host: string | undefined;
}

/** Those of all applications. */
async function mimirsOf(juju: Juju<Spec>, inputs: Inputs): Promise<readonly Place[]> {
  const { unit, address, neighbours, otherUnits } = inputs;
  const joined = (neighbours.members ?? [])
    .flatMap(({ roles, units }) => units.filter(({ runs = roles }) => runs.length > 0))
    .map((member) => ({ unit: member.unit, host: member.ip ?? member.host }));
  if (runningComponents(inputs).length === 0) return joined;
  const peers = await juju.relation('mimir-peers');
  const others = otherUnits.map(async (other) => ({
    unit: other,
    host: unitHost((await peers?.remoteUnitData(other)) ?? {}),
  }));
  return [{ unit, host: address.ip }, ...(await Promise.all(others)), ...joined];
}

/** What a Mimir goes by. */
interface RunsBy {
  readonly copies: number | undefined;
  readonly rings: readonly ZoneRing[];
}

function isAgreed({ copies, rings }: RunsBy, agreement: Agreement | undefined): boolean {
  return copies === agreement?.replicationFactor && rings.join() === (agreement?.zoneAware ?? []).join();
}

/** Rings that know zones by a configuration: a file of ours, or what Mimir shows. */
function ringsInZones(configuration: string): readonly ZoneRing[] {
  const sections = configuration.split(/^(?=\S)/m);
  const section = (ring: ZoneRing) =>
    sections.find((text) => text.startsWith(`${ring.replace('-', '_')}:`)) ?? '';
  return ZONE_RINGS.filter((ring) => isZoneAware(section(ring)));
}

/** Undefined where a Mimir writes none. */
async function askedOf(api: MimirApi): Promise<RunsBy | 'silent' | undefined> {
  try {
    const copies = sumOf(await api.metrics([COPIES]), COPIES);
    if (copies === 0) return undefined;
    const what = 'ask for its configuration';
    const { body } = await api.demand({ what, method: 'GET', path: '/config?mode=diff' });
    return { copies, rings: ringsInZones(body) };
  } catch (error) {
    if (!(error instanceof MimirError)) throw error;
    return 'silent';
  }
}

/** This unit's, when the leader has said so. */
export async function resumeWrites(juju: Juju<Spec>, inputs: Inputs): Promise<readonly Status[]> {
  const own = ownIngester(inputs);
  if (own === undefined || isDrainedByHand(juju) || isToEndIngester(juju)) {
    juju.store(WRITES_HELD, undefined);
    return [];
  }
  const { hold } = copiesToTell(inputs);
  if (hold !== undefined)
    return [waiting(`[replication-factor] takes no writes until all units run with ${numberOf(hold)}`)];
  // One that starts cannot yet.
  const refused = await within(
    PATIENCE_MS,
    () => refusalOf(() => takeWrites(own)),
    (error) => error === undefined,
  );
  if (refused === undefined) juju.store(WRITES_HELD, undefined);
  // What it waits for, its own statuses say; there will be an event when it serves.
  if (refused === undefined || !(await own.ready()).ready) return [];
  await wakeLater(juju);
  return [waiting(`[replication-factor] ${refused.message}`)];
}

async function refusalOf(demand: () => Promise<void>): Promise<MimirError | undefined> {
  try {
    await demand();
    return undefined;
  } catch (error) {
    if (error instanceof MimirError) return error;
    throw error;
  }
}
