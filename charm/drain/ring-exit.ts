/**
 * How an ingester ends that holds nothing any more.
 *
 * With one copy of each series no query is answered while an ingester in the ring is leaving, or gone, whatever it held.
 * So it is out of the ring before it is stopped, and answers those who have not heard of that yet.
 */
import type { MimirApi } from '../mimir-api.ts';
import { until, within } from '../patience.ts';
import { leaveRingAtShutdown } from './ingester-api.ts';
import { forgetMember, ringMembers } from './ring-api.ts';

/** Mimir's own is 15 s. */
const LONGEST_HEARTBEAT_MS = 20_000;
/** Members tell each other of it five times a second. */
const HEARD_MS = 3000;

/**
 * It must be stopped at once then: at its next heartbeat it would be in the ring again.
 * @param id of its pod
 */
export async function leaveRing(api: MimirApi, id: string): Promise<void> {
  // Without it the ring would keep it as one that comes back.
  await leaveRingAtShutdown(api);
  const heardOf = async () =>
    (await ringMembers(api, 'ingester'))?.find((member) => member.id === id)?.heardOf;
  const before = await heardOf();
  if (before === undefined) return;
  // Right after a heartbeat the time until the next is longest.
  await within(LONGEST_HEARTBEAT_MS, heardOf, (now) => now !== before);
  await forgetMember(api, 'ingester', id);
  await until(Date.now() + HEARD_MS);
}
