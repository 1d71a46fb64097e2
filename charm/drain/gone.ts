/**
 * Units that went without a drain: killed with their volume, or removed by force. Ingesters are never taken out of
 * their ring by Mimir itself, and two that are gone would stop every write of three copies.
 */
import type { Juju, JujuEvent } from 'charmwright';
import * as z from 'zod/mini';
import type { Spec } from '../generated.ts';
import { mimirAt } from '../mimir-api.ts';
import { MimirError } from '../mimir-errors.ts';
import type { Inputs } from '../plan/inputs.ts';
import { runningTrust } from '../plan/tls.ts';
import { podOf, unitsByPod } from './members.ts';
import { forgetMember, ringMembers } from './ring-api.ts';

/** What is stored of it: the pods of departed units that may still be in the ring. */
export const GONE = 'gone';
export const goneShape = z.array(z.string());

/**
 * Remembers who departs; the leader takes those that are not heard of any more out of the ring of ingesters. A member
 * counts as gone only after a minute's silence, so that later events come back to it.
 */
export async function forgetGone(juju: Juju<Spec>, event: JujuEvent<Spec>, inputs: Inputs): Promise<void> {
  const known = juju.stored(GONE, goneShape) ?? [];
  const departing =
    event.kind === 'relation-departed' && event.endpoint === 'mimir-peers' ? [podOf(event.remoteUnit)] : [];
  const gone = [...new Set([...known, ...departing])].toSorted();
  const left = await juju.span('forget', () => stillThere(juju, inputs, gone));
  juju.store(GONE, left.length === 0 ? undefined : left);
}

/** Those that are to be looked at again. */
async function stillThere(
  juju: Juju<Spec>,
  inputs: Inputs,
  gone: readonly string[],
): Promise<readonly string[]> {
  const { ip } = inputs.address;
  const units = await unitsByPod(juju);
  // Scaled up again: it is another unit of the same name.
  const candidates = gone.filter((pod) => units.get(pod) !== 'stays');
  if (ip === undefined || candidates.length === 0) return candidates;
  const api = mimirAt(ip, runningTrust(inputs.container.files ?? {}, inputs));
  try {
    const members = (await ringMembers(api, 'ingester')) ?? [];
    const there = members.filter(({ id }) => candidates.includes(id));
    const silent = there.filter(({ state }) => state === 'UNHEALTHY');
    if (inputs.leader) {
      for (const { id } of silent) {
        await forgetMember(api, 'ingester', id);
        juju.log.info(`${id} is gone for good: taken out of the ring of ingesters`);
      }
    }
    return there.filter((member) => !inputs.leader || !silent.includes(member)).map(({ id }) => id);
  } catch (error) {
    if (!(error instanceof MimirError)) throw error;
    juju.log.debug(error.message);
    return candidates;
  }
}
