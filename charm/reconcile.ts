/** The one way of every event: look, decide, make it so. */
import { type Juju, type JujuEvent, type Status, worst } from 'charmwright';
import { apply } from './apply.ts';
import type { Spec } from './generated.ts';
import { publishNeighbours, related } from './neighbours/index.ts';
import { observe } from './observe.ts';
import { type Plan, plan, withAgreement } from './plan/plan.ts';

export async function reconcile(juju: Juju<Spec>, event: JujuEvent<Spec>): Promise<void> {
  // The pod is going, and Kubernetes stops Mimir; a change now would only be in the way.
  if (event.kind === 'stop' || event.kind === 'remove') return;
  const all = await related(juju);
  const inputs = withAgreement(await observe(juju, all));
  const planned = plan(inputs);
  await publishNeighbours(juju, inputs, planned, all);
  const seen = await apply(juju, inputs, planned);
  const statuses = withOutage(planned, seen);
  // What is only good to know stands behind all else.
  const isGood = ({ name }: Status) => name === 'active';
  juju.addStatus(...statuses.filter((status) => !isGood(status)), ...seen, ...statuses.filter(isGood));
}

/**
 * The last good configuration stays in use while something is wrong with the wanted one; when it does not serve
 * either, the one status that is shown must say both.
 */
function withOutage(planned: Plan, seen: readonly Status[]): readonly Status[] {
  const outage = worst(seen);
  const shown = worst(planned.statuses);
  if (planned.workload.kind !== 'keep' || outage?.name !== 'blocked' || shown === undefined)
    return planned.statuses;
  const both = { ...shown, message: `${shown.message}; Mimir does not serve: ${outage.message}` };
  return planned.statuses.map((status) => (status === shown ? both : status));
}
