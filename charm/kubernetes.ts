/** Keeps the charm's own Kubernetes objects as they are planned. */
import { blocked, type Juju, type JujuEvent, type Status, waiting } from 'charmwright';
import type { Kept } from 'charmwright/kubernetes';
import type { Spec } from './generated.ts';
import type { Inputs } from './plan/inputs.ts';
import { parseKubernetes } from './plan/kubernetes.ts';
import { optionStatus } from './plan/statuses.ts';

/**
 * Outside of Kubernetes there is nothing to patch, and one unit patches for all. It comes last: another pod template ends
 * this very pod, as soon as Kubernetes has come to it.
 */
export async function applyKubernetes(
  juju: Juju<Spec>,
  { leader, app, options, neighbours }: Inputs,
): Promise<readonly Status[]> {
  const parsed = parseKubernetes(options);
  // Where another application leads, nobody else looks at these options.
  if (!parsed.ok) return neighbours.joined === undefined ? [] : [optionStatus(parsed.problems, '')];
  if (!leader) return [];
  const account = await juju.serviceAccount();
  if (account === undefined) return [];
  const [{ keepObjects }, { FIELD_MANAGER, kubernetesPatches, TAKEN_OVER }] = await Promise.all([
    import('charmwright/kubernetes'),
    import('./plan/kubernetes-patches.ts'),
  ]);
  const kept = await keepObjects(juju, account, kubernetesPatches(app, parsed.kubernetes), {
    fieldManager: FIELD_MANAGER,
    takeOver: TAKEN_OVER,
    look: isPodNew(juju.event),
  });
  return kept.flatMap((each) => statusOf(app, each));
}

/**
 * Another unit has another address: its pod was replaced. When that is because Juju has written the StatefulSet anew, the
 * charm's own fields are put back before the pods after it are replaced, and each of those is replaced once.
 */
function isPodNew(event: JujuEvent<Spec>): boolean {
  return event.kind === 'relation-changed' && event.endpoint === 'mimir-peers';
}

function statusOf(app: string, { object, error }: Kept): readonly Status[] {
  switch (error?.name) {
    case undefined:
      return [];
    case 'KubernetesForbiddenError':
      return [
        blocked(
          `[kubernetes] may not patch ${object.kind} ${object.name}: juju trust ${app} --scope=cluster`,
        ),
      ];
    case 'KubernetesConflictError':
    case 'KubernetesInvalidError':
      return [blocked(`[kubernetes] ${error?.message}`)];
    case 'KubernetesNotFoundError':
    case 'KubernetesUnreachableError':
      return [waiting(`[kubernetes] ${error?.message}`)];
  }
}
