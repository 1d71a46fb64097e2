import { ActionFailed, type ActionHandler, type EndpointSchemas, type Juju } from 'charmwright';
import { copiesIn } from '../charm/copies.ts';
import { runningStorage } from '../charm/drain/bucket.ts';
import { announceDrain } from '../charm/drain/by-hand.ts';
import { type Drain, drainIngester } from '../charm/drain/drain.ts';
import { takeWritesAgain } from '../charm/drain/ingester-api.ts';
import { BY_HAND } from '../charm/drain/marks.ts';
import { ipOf, othersThatStay } from '../charm/drain/members.ts';
import { ringMembers } from '../charm/drain/ring-api.ts';
import type { Spec } from '../charm/generated.ts';
import { CONFIG_FILE, OWN_FILES } from '../charm/plan/paths.ts';
import { writeQuorum } from '../charm/plan/storage.ts';
import { type OwnMimir, orFail, ownIngester } from './mimir.ts';

export const drain: ActionHandler<Spec, 'drain', EndpointSchemas<Spec>> = async ({ juju, params, log }) => {
  const mimir = await ownIngester(juju, OWN_FILES);
  const storage = runningStorage(mimir.files);
  if (storage?.kind !== 's3')
    throw new ActionFailed('there is no object storage: all metrics are on the volume of this unit');
  if (params.resume) {
    await orFail(() => takeWritesAgain(mimir.api));
    juju.store(BY_HAND, undefined);
    return { unit: juju.unit, writes: true };
  }
  return orFail(async () => {
    await checkWritable(juju, mimir);
    await announceDrain(juju);
    await log('other units take the writes');
    const deadline = Date.now() + params.timeout * 1000;
    const result = await drainIngester({
      api: mimir.api,
      storage,
      leaving: false,
      readers: await readersOf(juju, mimir),
      deadline,
      tell: log,
    });
    if (result.kind === 'stuck') {
      await takeWritesAgain(mimir.api);
      throw new ActionFailed(
        `not drained: ${result.reason}; nothing is lost, and the unit takes writes again`,
      );
    }
    juju.store(BY_HAND, true);
    const { series, blocks } = result;
    return { unit: juju.unit, writes: false, series, ...(blocks !== undefined && { blocks }) };
  });
};

/** Who serves blocks when this unit does not. Where other applications do, this Mimir does not know their ring. */
async function readersOf(juju: Juju<Spec>, { api, ip, at }: OwnMimir): Promise<Drain['readers']> {
  const members = await ringMembers(api, 'store-gateway');
  if (members === undefined) return 'unknown';
  return (await othersThatStay(juju, members, ip)).map((member) => at(ipOf(member)));
}

/** Without enough others every write would fail. */
async function checkWritable(juju: Juju<Spec>, { api, ip, files }: OwnMimir): Promise<void> {
  const members = (await ringMembers(api, 'ingester')) ?? [];
  const staying = (await othersThatStay(juju, members, ip)).filter(({ readOnly }) => !readOnly);
  // No two copies are in one zone.
  const inZones = IN_ZONES.test(files[CONFIG_FILE] ?? '');
  const places = new Set(staying.map(({ id, zone }) => (inZones && zone !== '' ? zone : id))).size;
  // A Mimir without a distributor does not tell it.
  const needed = writeQuorum(copiesIn(files[CONFIG_FILE]) ?? 1);
  if (places >= needed) return;
  const one = inZones ? 'zone with an ingester' : 'ingester';
  const what =
    needed === 1 ? `${one} that takes` : `${inZones ? 'zones with ingesters' : 'ingesters'} that take`;
  throw new ActionFailed(
    `writes would fail: they need ${needed} other ${what} them, and there ${places === 1 ? 'is' : 'are'} ${places}; flush-ingesters goes on taking them`,
  );
}

/** In a configuration file of ours. */
const IN_ZONES = /^ingester:\n(?: .*\n)*? {4}zone_awareness_enabled: true$/m;
