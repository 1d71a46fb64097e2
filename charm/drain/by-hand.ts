/** A unit that the action `drain` has emptied takes no writes until it is told to: a restart alone does not change it. */
import { active, type Juju, type Status } from 'charmwright';
import type { Spec } from '../generated.ts';
import { MimirError } from '../mimir-errors.ts';
import type { Inputs } from '../plan/inputs.ts';
import { CONTAINER } from '../plan/paths.ts';
import { ownRunningMimir } from '../running-mimir.ts';
import { atShutdown, cancelShutdown, isReadOnly, takeNoWrites, takeWritesAgain } from './ingester-api.ts';
import { DRAIN_NOTICE } from './marks.ts';

/** For an action that begins to drain. */
export async function announceDrain(juju: Juju<Spec>): Promise<void> {
  await juju.container(CONTAINER).notify(DRAIN_NOTICE);
}

/**
 * An ingester that serves, and whose unit stays, has nothing left of an end that did not come: of an action that was
 * killed, or of a unit that left a volume behind with the end prepared on it. Nobody would see either.
 */
export async function undoLeftOver(juju: Juju<Spec>, inputs: Inputs): Promise<void> {
  const api = ownRunningMimir(inputs);
  try {
    if (api === undefined) return;
    const next = await atShutdown(api);
    if (next === undefined) return;
    if (next === 'leaves') {
      await cancelShutdown(api);
      juju.log.info('the ingester stays: it was prepared for its end');
    }
    if (await isReadOnly(api)) {
      await takeWritesAgain(api);
      juju.log.info('the ingester takes writes again: a drain by hand did not come to its end');
    }
  } catch (error) {
    // It does not serve; there will be another event when it does.
    if (!(error instanceof MimirError)) throw error;
    juju.log.debug(error.message);
  }
}

export async function stayDrained(juju: Juju<Spec>, inputs: Inputs): Promise<Status> {
  const api = ownRunningMimir(inputs);
  try {
    if (api !== undefined) await takeNoWrites(api);
  } catch (error) {
    // It does not serve yet; there will be another event when it does.
    if (!(error instanceof MimirError)) throw error;
    juju.log.debug(error.message);
  }
  return active(`[drain] takes no writes: juju run ${juju.unit} drain resume=true`);
}
