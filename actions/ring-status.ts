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
import { type OtherApplications, otherApplications } from './elsewhere.ts';
import { hasMimir, orFail, readyMimir } from './mimir.ts';

interface Ring {
  /** Who knows it: only a Mimir that runs the component, or has to do with it. */
  readonly api: MimirApi;
  readonly members: readonly Member[];
}
type Rings = ReadonlyMap<RingName, Ring>;

/** Whom this unit can ask. */
interface Known {
  readonly own: MimirApi | undefined;
  readonly others: OtherApplications | undefined;
}

export const ringStatus: ActionHandler<Spec, 'ring-status', EndpointSchemas<Spec>> = async ({
  juju,
  params,
  log,
}) => {
  const others = await otherApplications(juju);
  const isLed = others !== undefined && !(await hasMimir(juju));
  const known = { own: isLed ? undefined : await readyMimir(juju), others };
  return orFail(async () => {
    const forgotten = params.forget === undefined ? undefined : await forget(juju, known, params.forget);
    const rings = await allRings(known);
    for (const [ring, { members }] of rings)
      for (const { id, state } of members.filter((member) => !isThere(member)))
        await log(`${ring}: ${id} is ${state}`);
    const gone = [...rings.values()].flatMap(({ members }) => members.filter((member) => !isThere(member)));
    return {
      rings: shown(rings),
      members: rings.get('ingester')?.members.length ?? 0,
      unhealthy: stableJson([...new Set(gone.map(({ id }) => id))].toSorted()),
      ...(forgotten !== undefined && { forgotten: stableJson(forgotten) }),
    };
  });
};

function isThere({ state }: Member): boolean {
  return state !== 'UNHEALTHY' && state !== 'LEFT';
}

async function allRings(known: Known): Promise<Rings> {
  const read = await Promise.all(RING_NAMES.map(async (name) => [name, await ringAt(known, name)] as const));
  return new Map(read.flatMap(([name, ring]) => (ring === undefined ? [] : [[name, ring] as const])));
}

/** The application that leads a cluster knows of the rings that it has no part in from those that have. */
async function ringAt({ own, others }: Known, name: RingName): Promise<Ring | undefined> {
  for (const ask of [async () => own, async () => others?.with(name)]) {
    const api = await ask();
    const members = api && (await ringMembers(api, name));
    if (api !== undefined && members !== undefined) return { api, members };
  }
  return undefined;
}

function shown(rings: Rings): string {
  const now = Date.now();
  return stableJson(
    Object.fromEntries(
      [...rings].map(([ring, { members }]) => [
        ring,
        members.map(({ id, state, address, readOnly, zone, heardOf }) => ({
          id,
          state,
          address,
          'read-only': readOnly,
          'heard-of-seconds-ago': Math.max(0, Math.round((now - heardOf) / 1000)),
          ...(zone !== '' && { zone }),
        })),
      ]),
    ),
  );
}

/** @returns the rings that it was in. */
async function forget(juju: Juju<Spec>, known: Known, id: string): Promise<readonly RingName[]> {
  const app = await applicationOf(juju, known.others, id);
  if (app !== undefined)
    throw new ActionFailed(
      `${id} is still part of ${app}: it comes back with all that it holds; wait for it, or scale down`,
    );
  const found = [...(await allRings(known))].flatMap(([name, { api, members }]) => {
    const member = members.find((each) => each.id === id);
    return member === undefined ? [] : [{ name, api, member }];
  });
  const living = found.find(({ member }) => isThere(member));
  if (living !== undefined)
    throw new ActionFailed(
      `${id} is alive in the ring of ${living.name}s: only one that is UNHEALTHY can be forgotten`,
    );
  if (found.length === 0) throw new ActionFailed(`no ring has a member "${id}"`);
  for (const { name, api } of found) await forgetMember(api, name, id);
  return found.map(({ name }) => name);
}

/** Whose unit it is; undefined when it is nobody's that this application knows of. */
async function applicationOf(
  juju: Juju<Spec>,
  others: OtherApplications | undefined,
  id: string,
): Promise<string | undefined> {
  if ((await unitsByPod(juju)).has(id)) return juju.app;
  return [...(others?.pods ?? [])].find(([, pods]) => pods.includes(id))?.[0];
}
