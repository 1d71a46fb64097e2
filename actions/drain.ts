import { ActionFailed, type ActionHandler, type EndpointSchemas, type Juju } from 'charmwright';
import { runningStorage } from '../charm/drain/bucket.ts';
import { announceDrain } from '../charm/drain/by-hand.ts';
import { drainIngester } from '../charm/drain/drain.ts';
import { takeWritesAgain } from '../charm/drain/ingester-api.ts';
import { BY_HAND } from '../charm/drain/marks.ts';
import { ipOf, othersThatStay } from '../charm/drain/members.ts';
import { ringMembers } from '../charm/drain/ring-api.ts';
import type { Spec } from '../charm/generated.ts';
import { OWN_FILES } from '../charm/plan/paths.ts';
import { writeQuorum } from '../charm/plan/storage.ts';
import { type OwnMimir, orFail, ownMimir } from './mimir.ts';

export const drain: ActionHandler<Spec, 'drain', EndpointSchemas<Spec>> = async ({ juju, params, log }) => {
  const mimir = await ownMimir(juju, OWN_FILES);
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
    const gateways = (await ringMembers(mimir.api, 'store-gateway')) ?? [];
    const readers = (await othersThatStay(juju, gateways, mimir.ip)).map((member) => mimir.at(ipOf(member)));
    await announceDrain(juju);
    await log('other units take the writes');
    const deadline = Date.now() + params.timeout * 1000;
    const result = await drainIngester({
      api: mimir.api,
      storage,
      leaving: false,
      readers,
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

/** Without enough others every write would fail. */
async function checkWritable(juju: Juju<Spec>, { api, ip }: OwnMimir): Promise<void> {
  const members = (await ringMembers(api, 'ingester')) ?? [];
  const others = (await othersThatStay(juju, members, ip)).filter(({ readOnly }) => !readOnly).length;
  const needed = writeQuorum(await api.replicationFactor());
  if (others >= needed) return;
  throw new ActionFailed(
    `writes would fail: they need ${needed} other ${needed === 1 ? 'ingester' : 'ingesters'} that ${needed === 1 ? 'takes' : 'take'} them, and there ${others === 1 ? 'is' : 'are'} ${others}; flush-ingesters goes on taking them`,
  );
}
