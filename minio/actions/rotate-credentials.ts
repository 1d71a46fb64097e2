import { type ActionContext, ActionFailed, type ActionReturn } from 'charmwright';
import { apply } from '../charm/apply.ts';
import type { Spec } from '../charm/generated.ts';
import { look } from '../charm/reconcile.ts';
import type { s3Provider } from '../relations/s3.ts';

type Context = ActionContext<Spec, 'rotate-credentials', { readonly s3: typeof s3Provider }>;

export async function rotateCredentials({
  juju,
  params,
}: Context): Promise<ActionReturn<Spec, 'rotate-credentials'>> {
  if (!(await juju.isLeader())) {
    throw new ActionFailed(
      `only the leader keeps the credentials: juju run ${juju.app}/leader rotate-credentials`,
    );
  }
  const { planned, root } = await look(juju);
  const served = (planned.decisions ?? []).flatMap((decision) =>
    decision.kind === 'serve' ? [decision.account.relationId] : [],
  );
  const wanted = params['relation-id'];
  if (wanted !== undefined && !served.includes(wanted)) {
    throw new ActionFailed(
      `relation ${wanted} has no credentials; those that have: ${served.join(', ') || 'none'}`,
    );
  }
  const renew = new Set(wanted === undefined ? served : [wanted]);
  const error = await apply(juju, planned, { root, renew });
  if (error !== undefined) throw new ActionFailed(error.message);
  return { rotated: renew.size, relations: [...renew].join(',') };
}
