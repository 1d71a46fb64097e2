import { setTimeout as sleep } from 'node:timers/promises';
import { ActionFailed, type ActionHandler, type EndpointSchemas } from 'charmwright';
import { type Flush, type Progress, progress, startFlush } from '../charm/drain/ingester-api.ts';
import type { Spec } from '../charm/generated.ts';
import type { MimirApi } from '../charm/mimir-api.ts';
import { checkTenant, orFail, ownIngester } from './mimir.ts';

const POLL_MS = 1000;

/**
 * Mimir answers 204 whether or not a block has arrived anywhere, so its answer only ends the flush; that the blocks
 * are in object storage is read from the shipper's metrics.
 */
export const flushIngesters: ActionHandler<Spec, 'flush-ingesters', EndpointSchemas<Spec>> = async ({
  juju,
  params,
  log,
}) => {
  if (params.tenant !== undefined) await checkTenant(juju, params.tenant);
  const { api } = await ownIngester(juju);
  const deadline = Date.now() + params.timeout * 1000;
  return orFail(async () => {
    const before = await progress(api);
    await log(`flushing ${before.series} series`);
    const flush = startFlush(api, params.tenant, params.timeout * 1000);
    const after = await shipped(api, flush, deadline, log);
    const blocks = after.uploads - before.uploads;
    await log(`${blocks} blocks are in object storage`);
    return { blocks, series: before.series, unit: juju.unit };
  });
};

async function shipped(
  api: MimirApi,
  flush: Flush,
  deadline: number,
  log: (message: string) => Promise<void>,
): Promise<Progress> {
  let told = '';
  while (Date.now() < deadline) {
    await sleep(POLL_MS);
    if (flush.error !== undefined) throw flush.error;
    const now = await progress(api);
    if (flush.ended && !now.flushing && now.shipped) return now;
    const state =
      now.flushing || !flush.ended ? 'writing blocks' : 'waiting for object storage to take the blocks';
    if (state !== told) await log(state);
    told = state;
  }
  throw new ActionFailed(
    'the blocks have not arrived in object storage in time; nothing is lost, Mimir goes on trying: see juju status and the log of Mimir',
  );
}
