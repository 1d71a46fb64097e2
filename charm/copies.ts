/** Another number of copies: prepares this unit for it, and as leader gives the word when all are prepared. */
import { type Juju, type Status, waiting } from 'charmwright';
import { PebbleError } from 'charmwright/pebble';
import { flushedFor } from '../relations/peers.ts';
import { prepareShutdown, progress, startFlush } from './drain/ingester-api.ts';
import type { Spec } from './generated.ts';
import { type MimirApi, mimirAt } from './mimir-api.ts';
import { MimirError } from './mimir-errors.ts';
import { until, within } from './patience.ts';
import { agreedOn, copiesIn } from './plan/copies.ts';
import type { Inputs } from './plan/inputs.ts';
import { CONFIG_FILE, CONTAINER } from './plan/paths.ts';
import { runningComponents } from './plan/plan.ts';
import { runningTrust } from './plan/tls.ts';

const LONGEST_FLUSH_MS = 5 * 60_000;
/** No clock is wrong by more. */
const LONGEST_NOTICE_MS = 30_000;
/** Wakes the leader after its own word: nobody else would. */
const NOTICE = 'mimir-k8s-charm.local/copies';

/** @param copies that are to come. @returns the inputs with what this unit says of it, and why it does not come yet. */
export async function prepareCopies(
  juju: Juju<Spec>,
  inputs: Inputs,
  copies: number,
): Promise<readonly [Inputs, readonly Status[]]> {
  const agreed = inputs.agreement?.replicationFactor ?? copies;
  const trouble = copies > agreed && inputs.flushedFor !== copies ? await flush(inputs) : undefined;
  const said = `[replication-factor] from ${agreed} to ${copies}`;
  if (trouble !== undefined) return [inputs, [waiting(`${said}: ${trouble}`)]];
  const prepared = { ...inputs, flushedFor: copies };
  const missing = await unprepared(juju, inputs, copies);
  if (missing !== undefined)
    return [prepared, [waiting(`${said}: waiting for ${missing} to be ready for it`)]];
  if (!inputs.leader) return [prepared, [waiting(`${said}: waiting for the leader's word`)]];
  await wakeLater(juju);
  return [{ ...prepared, agreed: agreedOn(copies, inputs.now) }, []];
}

/** What the ingester holds is in object storage. @returns why not */
async function flush(inputs: Inputs): Promise<string | undefined> {
  const api = ownApi(inputs);
  if (api === undefined || !runningComponents(inputs).includes('ingester')) return undefined;
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

async function unprepared(
  juju: Juju<Spec>,
  { leader, otherUnits }: Inputs,
  copies: number,
): Promise<string | undefined> {
  const peers = leader ? await juju.relation('mimir-peers') : undefined;
  if (peers === undefined) return undefined;
  const said = await Promise.all(
    otherUnits.map(async (unit) => flushedFor(await peers.remoteUnitData(unit)) === copies),
  );
  return otherUnits.find((_, at) => said[at] !== true);
}

async function wakeLater(juju: Juju<Spec>): Promise<void> {
  try {
    await juju.container(CONTAINER).notify(NOTICE);
  } catch (error) {
    // Its next event will do.
    if (!(error instanceof PebbleError)) throw error;
  }
}

/** Right before Mimir is started on another number of copies: it flushes when it stops, and all stop at one time. */
export async function meetForCopies(inputs: Inputs, planned: string | undefined): Promise<void> {
  const before = copiesIn(inputs.container.files?.[CONFIG_FILE]);
  const copies = copiesIn(planned);
  const since = inputs.agreement?.copiesSince;
  // Without it the bucket has changed, too, and what was taken in so far must not be flushed to the one before.
  if (before === undefined || copies === undefined || since === undefined) return;
  const api = ownApi(inputs);
  if (copies > before && api !== undefined && runningComponents(inputs).includes('ingester')) {
    try {
      await prepareShutdown(api);
    } catch (error) {
      // It does not run: what it holds comes from its log, and is flushed in its time.
      if (!(error instanceof MimirError)) throw error;
    }
  }
  await until(Math.min(since, Date.now() + LONGEST_NOTICE_MS));
}

function ownApi({ address, container, ...inputs }: Inputs): MimirApi | undefined {
  const trust = runningTrust(container.files ?? {}, { ...inputs, address });
  return address.ip === undefined ? undefined : mimirAt(address.ip, trust);
}
