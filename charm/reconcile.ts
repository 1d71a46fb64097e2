/** The one way of every event: look, decide, make it so. */
import type { Juju, JujuEvent } from 'charmwright';
import { apply } from './apply.ts';
import type { Spec } from './generated.ts';
import { observe } from './observe.ts';
import { plan } from './plan/plan.ts';

export async function reconcile(juju: Juju<Spec>, event: JujuEvent<Spec>): Promise<void> {
  // The pod is going, and Kubernetes stops Mimir; a change now would only be in the way.
  if (event.kind === 'stop' || event.kind === 'remove') return;
  const inputs = await observe(juju);
  const planned = plan(inputs);
  juju.addStatus(...planned.statuses, ...(await apply(juju, inputs, planned)));
}
