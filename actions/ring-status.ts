import { ActionFailed, type ActionHandler, type EndpointSchemas, type Juju, stableJson } from 'charmwright';
import { unitsByPod } from '../charm/drain/members.ts';
import {
  forgetMember,
  type Member,
  RING_NAMES,
  type RingName,
  ringMembers,
} from '../charm/drain/ring-api.ts';
import type { Spec } from '../charm/generated.ts';
import type { MimirApi } from '../charm/mimir-api.ts';
import { orFail, readyMimir } from './mimir.ts';

type Rings = ReadonlyMap<RingName, readonly Member[]>;

export const ringStatus: ActionHandler<Spec, 'ring-status', EndpointSchemas<Spec>> = async ({
  juju,
  params,
  log,
}) => {
  const api = await readyMimir(juju);
  return orFail(async () => {
    const forgotten = params.forget === undefined ? undefined : await forget(juju, api, params.forget);
    const rings = await allRings(api);
    for (const [ring, members] of rings)
      for (const { id, state } of members.filter((member) => !isThere(member)))
        await log(`${ring}: ${id} is ${state}`);
    const gone = [...rings.values()].flat().filter((member) => !isThere(member));
    return {
      rings: shown(rings),
      members: rings.get('ingester')?.length ?? 0,
      unhealthy: stableJson([...new Set(gone.map(({ id }) => id))].toSorted()),
      ...(forgotten !== undefined && { forgotten: stableJson(forgotten) }),
    };
  });
};

function isThere({ state }: Member): boolean {
  return state !== 'UNHEALTHY' && state !== 'LEFT';
}

async function allRings(api: MimirApi): Promise<Rings> {
  const read = await Promise.all(
    RING_NAMES.map(async (name) => [name, await ringMembers(api, name)] as const),
  );
  return new Map(
    read.flatMap(([name, members]) => (members === undefined ? [] : [[name, members] as const])),
  );
}

function shown(rings: Rings): string {
  const now = Date.now();
  return stableJson(
    Object.fromEntries(
      [...rings].map(([ring, members]) => [
        ring,
        members.map(({ id, state, address, readOnly, heardOf }) => ({
          id,
          state,
          address,
          'read-only': readOnly,
          'heard-of-seconds-ago': Math.max(0, Math.round((now - heardOf) / 1000)),
        })),
      ]),
    ),
  );
}

/** @returns the rings that it was in. */
async function forget(juju: Juju<Spec>, api: MimirApi, id: string): Promise<readonly RingName[]> {
  if ((await unitsByPod(juju)).has(id))
    throw new ActionFailed(
      `${id} is still part of ${juju.app}: it comes back with all that it holds; wait for it, or scale down`,
    );
  const all = [...(await allRings(api))];
  const living = all.find(([, members]) => members.some((member) => member.id === id && isThere(member)));
  if (living !== undefined)
    throw new ActionFailed(
      `${id} is alive in the ring of ${living[0]}s: only one that is UNHEALTHY can be forgotten`,
    );
  const found = all.filter(([, members]) => members.some((member) => member.id === id)).map(([ring]) => ring);
  if (found.length === 0) throw new ActionFailed(`no ring has a member "${id}"`);
  for (const ring of found) await forgetMember(api, ring, id);
  return found;
}
