/** Makes sure, from a unit whose Mimir has ended for good, that the others do not count on it any more. */
import type { MimirApi } from '../mimir-api.ts';
import { MimirError } from '../mimir-errors.ts';
import { within } from '../patience.ts';
import { forgetMember, ringsOf } from './ring-api.ts';

/** The word of its graceful end travels for so long at most. */
const BY_ITSELF_MS = 20_000;
const BY_US_MS = 40_000;
/** What members say of each other travels: one that has been taken out may come up once more. */
const LOOKS = 5;

/**
 * A graceful end takes it out of every ring. Should it still be in one, it is taken out. Should nobody answer, the leader
 * does that later: the unit is empty, and has nothing to stay for.
 */
export async function untilForgotten(others: readonly MimirApi[], id: string): Promise<void> {
  if (others.length === 0) return;
  let absent = 0;
  const look = async (forget: boolean) => {
    const there = await firstAnswer(others, (api) => isMember(api, id, forget));
    if (there !== undefined) absent = there ? 0 : absent + 1;
    return absent >= LOOKS;
  };
  const isGone = (done: boolean) => done;
  if (await within(BY_ITSELF_MS, () => look(false), isGone)) return;
  await within(BY_US_MS, () => look(true), isGone);
}

/** @param forget takes it out if it is. */
async function isMember(api: MimirApi, id: string, forget: boolean): Promise<boolean> {
  const rings = await ringsOf(api, id);
  if (forget) for (const ring of rings) await forgetMember(api, ring, id);
  return rings.length > 0;
}

/** Of those that stay, any may be silent for a while. Undefined: all are. */
async function firstAnswer<T>(
  apis: readonly MimirApi[],
  ask: (api: MimirApi) => Promise<T>,
): Promise<T | undefined> {
  for (const api of apis) {
    try {
      return await ask(api);
    } catch (error) {
      if (!(error instanceof MimirError)) throw error;
    }
  }
  return undefined;
}
