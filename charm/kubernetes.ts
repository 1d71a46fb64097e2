/** Keeps the charm's own Kubernetes objects as they are planned, and tells Kubernetes that this pod's charm works. */
import { blocked, type Juju, type JujuEvent, type Status, waiting } from 'charmwright';
import type { Kept, ObjectName } from 'charmwright/kubernetes';
import * as z from 'zod/mini';
import type { Spec } from './generated.ts';
import type { Inputs } from './plan/inputs.ts';
import { parseKubernetes } from './plan/kubernetes.ts';
import { optionStatus } from './plan/statuses.ts';

/** Of a new pod, or of a container that was started anew; a unit that leaves hears of nothing else in a new pod. */
const POD_BEGINS: ReadonlySet<string> = new Set(['start', 'pebble-ready', 'storage-detaching']);
/** Stored while the gate could not be passed. */
const GATE_LEFT = 'ready-gate';

/** For when Pebble knows what is to run in this pod, if anything: from then on its checks say whether that is ready. */
export async function passReadyGate(juju: Juju<Spec>): Promise<readonly Status[]> {
  if (!POD_BEGINS.has(juju.event.kind) && juju.stored(GATE_LEFT, z.boolean()) !== true) return [];
  const account = await juju.serviceAccount();
  if (account === undefined) return [];
  const [{ KubernetesError, passGate }, { READY_GATE }] = await Promise.all([
    import('charmwright/kubernetes'),
    import('./plan/kubernetes-patches.ts'),
  ]);
  try {
    await passGate(account, { pod: juju.unit.replace('/', '-'), gate: READY_GATE });
    juju.store(GATE_LEFT, undefined);
    return [];
  } catch (error) {
    if (!(error instanceof KubernetesError)) throw error;
    juju.store(GATE_LEFT, true);
    return [troubleStatus(juju.app, error.object, error)];
  }
}

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
 * Another unit may have said that its pod was replaced. When that is because Juju has written the StatefulSet anew, the
 * charm's own fields are put back before the pods after it are replaced, and each of those is replaced once.
 */
function isPodNew(event: JujuEvent<Spec>): boolean {
  return event.kind === 'relation-changed' && event.endpoint === 'mimir-peers';
}

function statusOf(app: string, { object, error }: Kept): readonly Status[] {
  return error === undefined ? [] : [troubleStatus(app, object, error)];
}

function troubleStatus(
  app: string,
  { kind, name }: ObjectName,
  error: { readonly name: string; readonly message: string },
): Status {
  switch (error.name) {
    case 'KubernetesForbiddenError':
      return blocked(`[kubernetes] may not patch ${kind} ${name}: juju trust ${app} --scope=cluster`);
    case 'KubernetesConflictError':
    case 'KubernetesInvalidError':
      return blocked(`[kubernetes] ${error.message}`);
    default:
      return waiting(`[kubernetes] ${error.message}`);
  }
}
