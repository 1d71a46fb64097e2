/** Readiness gates: what must be said of a pod, besides what its probes say, until it counts as ready. */
import * as z from 'zod/mini';
import { refusalOf } from './answers.ts';
import { ask, NoAnswer } from './connection.ts';
import { KubernetesUnreachableError } from './errors.ts';
import { pathOf } from './objects.ts';
import { readObject } from './read.ts';
import type { ServiceAccount } from './service-account.ts';

/** A gate of a pod, as `spec.template.spec.readinessGates` of its StatefulSet names it. */
export interface PodGate {
  /** The pod's name: `web-0`. */
  readonly pod: string;
  /** `web.charm/applied` */
  readonly gate: string;
}

const podShape = z.object({
  metadata: z.object({ uid: z.string() }),
  spec: z.object({ readinessGates: z.optional(z.array(z.object({ conditionType: z.string() }))) }),
  status: z.optional(
    z.object({ conditions: z.optional(z.array(z.object({ type: z.string(), status: z.string() }))) }),
  ),
});

/**
 * Says that a pod may be ready, as far as the charm is concerned: a pod with a readiness gate is not ready until its
 * condition is true, so that a rolling update does not go on when a new pod's charm does not work. Nothing is written for a
 * pod that has no such gate, or has passed it. Needs trust, as all of `pods/status` does.
 *
 * @throws KubernetesError
 *
 * @example
 * const account = await juju.serviceAccount();
 * if (account !== undefined && juju.event.kind === 'start')
 *   await passGate(account, { pod: juju.unit.replace('/', '-'), gate: 'web.charm/applied' });
 */
export async function passGate(account: ServiceAccount, { pod, gate }: PodGate): Promise<void> {
  const object = { kind: 'Pod', name: pod } as const;
  const { metadata, spec, status } = await readObject(account, object, podShape);
  const hasGate = spec.readinessGates?.some(({ conditionType }) => conditionType === gate) ?? false;
  const isPassed = status?.conditions?.some((each) => each.type === gate && each.status === 'True') ?? false;
  if (!hasGate || isPassed) return;
  const condition = { type: gate, status: 'True', lastTransitionTime: new Date().toISOString() };
  // Another pod of the same name has another uid, and is not meant.
  const body = { metadata: { uid: metadata.uid }, status: { conditions: [condition] } };
  const answer = await ask(account, {
    method: 'PATCH',
    path: `${pathOf(object, account.namespace)}/status`,
    headers: { 'content-type': 'application/strategic-merge-patch+json' },
    body: JSON.stringify(body),
  }).catch((error: unknown) => {
    if (!(error instanceof NoAnswer)) throw error;
    throw new KubernetesUnreachableError('apply', object, error.message, { cause: error });
  });
  if (answer.status !== 200) throw refusalOf('apply', object, answer.status, answer.body.toString('utf8'));
}
