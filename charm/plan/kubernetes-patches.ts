/**
 * What the charm decides about its own Kubernetes objects. All the rest of them is Juju's: a field is here because Juju
 * leaves it alone, or sets it only when it writes the objects anew (docs/how-to/kubernetes-objects.md).
 */
import { createHash } from 'node:crypto';
import type { ObjectPatch, PatchOf } from 'charmwright/kubernetes';
import { JUJU_GRACE_SECONDS, type KubernetesOptions } from './kubernetes.ts';
import { CONTAINER } from './paths.ts';

/** In whose name the charm decides: of every unit of every application of this charm. */
export const FIELD_MANAGER = 'mimir-k8s-charm';
/** Juju writes it when it makes the StatefulSet and at each refresh, and never in between. */
export const TAKEN_OVER = ['.spec.template.spec.terminationGracePeriodSeconds'] as const;
/**
 * How long a new pod must have been ready before a rolling update (`juju refresh`) goes on with the next. A pod counts as
 * ready from when its Pebble is up until Pebble has found thrice, in 9 seconds, that Mimir is not: longer than that.
 */
const MIN_READY_SECONDS = 30;
/** As Juju labels the pods of an application. */
const POD_LABEL = 'app.kubernetes.io/name';
/** A changed service account takes hold of new pods only. */
const ACCOUNT_MARK = 'mimir-k8s.charm/service-account';

/** What is decided, in the order in which it must be: a new pod is to find its service account. */
export function kubernetesPatches(app: string, options: KubernetesOptions): readonly ObjectPatch[] {
  const { annotations, ports } = options;
  const metadata = { name: app };
  return [
    {
      kind: 'ServiceAccount',
      metadata: { ...metadata, ...(Object.keys(annotations).length > 0 && { annotations }) },
    },
    {
      kind: 'Service',
      metadata,
      ...(ports.length > 0 && { spec: { ports: ports.map((each) => ({ ...each, protocol: 'TCP' })) } }),
    },
    statefulSet(app, options),
  ];
}

type PodTemplate = NonNullable<NonNullable<PatchOf<'StatefulSet'>['spec']>['template']>;

function statefulSet(app: string, options: KubernetesOptions): PatchOf<'StatefulSet'> {
  const { annotations } = options;
  const spec = podSpec(app, options);
  const template: PodTemplate = {
    ...(Object.keys(annotations).length > 0 && {
      metadata: { annotations: { [ACCOUNT_MARK]: digest(annotations) } },
    }),
    ...(Object.keys(spec).length > 0 && { spec }),
  };
  return {
    kind: 'StatefulSet',
    metadata: { name: app },
    ...(Object.keys(template).length > 0 && { spec: { minReadySeconds: MIN_READY_SECONDS, template } }),
  };
}

function podSpec(
  app: string,
  { requests, limits, antiAffinity, graceSeconds }: KubernetesOptions,
): NonNullable<PodTemplate['spec']> {
  const resources = {
    ...(Object.keys(limits).length > 0 && { limits }),
    ...(Object.keys(requests).length > 0 && { requests }),
  };
  return {
    ...(graceSeconds !== JUJU_GRACE_SECONDS && { terminationGracePeriodSeconds: graceSeconds }),
    ...(antiAffinity !== 'none' && { affinity: { podAntiAffinity: apart(app, antiAffinity) } }),
    ...(Object.keys(resources).length > 0 && { containers: [{ name: CONTAINER, resources }] }),
  };
}

/** No two units on one node: better, or strictly. Units in several zones are better in either case. */
function apart(app: string, how: 'preferred' | 'required') {
  const labelSelector = { matchLabels: { [POD_LABEL]: app } };
  const nodes = { labelSelector, topologyKey: 'kubernetes.io/hostname' };
  const zones = { labelSelector, topologyKey: 'topology.kubernetes.io/zone' };
  return {
    preferredDuringSchedulingIgnoredDuringExecution: [
      ...(how === 'preferred' ? [{ podAffinityTerm: nodes, weight: 100 }] : []),
      { podAffinityTerm: zones, weight: 50 },
    ],
    ...(how === 'required' && { requiredDuringSchedulingIgnoredDuringExecution: [nodes] }),
  };
}

function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 12);
}
