/**
 * Units that went without a drain: killed with their volume, or removed by force. Ingesters are never taken out of
 * their ring by Mimir itself, and two that are gone would stop every write of three copies. Store gateways and others
 * are, after ten minutes of failing queries.
 */
import type { Juju, JujuEvent } from 'charmwright';
import * as z from 'zod/mini';
import type { Spec } from '../generated.ts';
import type { MimirApi } from '../mimir-api.ts';
import { MimirError } from '../mimir-errors.ts';
import { within } from '../patience.ts';
import type { Inputs } from '../plan/inputs.ts';
import { ownRunningMimir } from '../running-mimir.ts';
import { GONE } from './marks.ts';
import { podOf, unitsByPod } from './members.ts';
import { forgetMember, type Member, RING_NAMES, type RingName, ringMembers } from './ring-api.ts';

/** From its last heartbeat Mimir waits a minute; that word travels for some seconds. */
const LONGEST_SILENCE_MS = 80_000;

/** One that is planned again is never forgotten. */
const goneShape = z.array(z.string());

/**
 * Remembers who departs; the leader takes those that are not heard of any more out of all rings. One whose ingester is
 * still in its ring went without a drain: with one copy no query is answered until it is out, and that is waited for, as it
 * counts as gone only after a minute's silence. What members say of each other travels on: one that has been taken out may
 * come up once more. So the leader looks again in each `update-status`.
 */
export async function forgetGone(juju: Juju<Spec>, event: JujuEvent<Spec>, inputs: Inputs): Promise<void> {
  const isDeparture = event.kind === 'relation-departed' && event.endpoint === 'mimir-peers';
  const departed = isDeparture ? podOf(event.remoteUnit) : undefined;
  const known = juju.stored(GONE, goneShape) ?? [];
  const gone = [...new Set([...known, ...(departed === undefined ? [] : [departed])])].toSorted();
  juju.store(GONE, gone);
  if (inputs.leader) await juju.span('forget', () => forgetSilent(juju, inputs, gone, departed));
}

async function forgetSilent(
  juju: Juju<Spec>,
  inputs: Inputs,
  gone: readonly string[],
  departed: string | undefined,
): Promise<void> {
  const api = ownRunningMimir(inputs);
  if (api === undefined) return;
  try {
    if (departed !== undefined && (await unitsByPod(juju)).get(departed) !== 'stays')
      await untilSilent(api, departed);
    const silent = (await Promise.all(RING_NAMES.map((ring) => silentIn(api, ring, gone)))).flat();
    if (silent.length === 0) return;
    const units = await unitsByPod(juju);
    for (const { ring, id } of silent.filter((member) => units.get(member.id) !== 'stays')) {
      await forgetMember(api, ring, id);
      juju.log.info(`${id} is gone for good: taken out of the ring of ${ring}s`);
    }
  } catch (error) {
    if (!(error instanceof MimirError)) throw error;
    juju.log.debug(error.message);
  }
}

async function silentIn(
  api: MimirApi,
  ring: RingName,
  gone: readonly string[],
): Promise<readonly { readonly ring: RingName; readonly id: string }[]> {
  const members = (await ringMembers(api, ring)) ?? [];
  return members
    .filter((member) => isSilent(member) && gone.includes(member.id))
    .map(({ id }) => ({ ring, id }));
}

/** One that is leaving was stopped, and does not come back. */
function isSilent({ state }: Member): boolean {
  return state === 'UNHEALTHY' || state === 'LEAVING';
}

async function untilSilent(api: MimirApi, id: string): Promise<void> {
  const find = async () => (await ringMembers(api, 'ingester'))?.find((member) => member.id === id);
  await within(LONGEST_SILENCE_MS, find, (member) => member === undefined || isSilent(member));
}
