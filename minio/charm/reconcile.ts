/** observe -> plan -> apply. */

import type { Credentials } from '../../s3/sigv4.ts';
import { apply } from './apply.ts';
import type { MinioJuju } from './juju.ts';
import { rootKey } from './keys.ts';
import { observe } from './observe.ts';
import { type Plan, plan } from './plan/plan.ts';

/** What should be, and root's credentials to make it so. */
export interface Look {
  readonly planned: Plan;
  readonly root: Credentials | undefined;
}

export async function look(juju: MinioJuju): Promise<Look> {
  const root = await rootKey(juju);
  const inputs = await observe(juju, root);
  return { planned: plan(inputs), root };
}

export async function reconcile(juju: MinioJuju): Promise<void> {
  const { planned, root } = await look(juju);
  await apply(juju, planned, { root });
}
