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
 * For how long a container that was started is ready in no case. A Pebble that has not been told of Mimir yet says that it
 * is, and until its check has failed thrice, in 9 seconds: a rolling update (`juju refresh`) would go on with the next pod,
 * and the service send requests to it. By then the charm has told Pebble. Juju before 3.6 set the same.
 * (`minReadySeconds` of the StatefulSet does not help: with Juju's `podManagementPolicy: Parallel` Kubernetes does not go
 * by it in a rolling update, up to 1.33.)
 */
const NOT_READY_SECONDS = 30;
/**
 * A new pod is ready only when its charm has said so: one whose hooks all fail has told Pebble nothing, which then says
 * that it is ready, and a refresh would bring such a charm to all units.
 */
export const READY_GATE = 'mimir-k8s.charm/applied';
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

function statefulSet(app: string, options: KubernetesOptions): PatchOf<'StatefulSet'> {
  const { annotations, requests, limits, antiAffinity, graceSeconds } = options;
  const resources = {
    ...(Object.keys(limits).length > 0 && { limits }),
    ...(Object.keys(requests).length > 0 && { requests }),
  };
  const asked = {
    ...(Object.keys(annotations).length > 0 && {
      metadata: { annotations: { [ACCOUNT_MARK]: digest(annotations) } },
    }),
    ...(graceSeconds !== JUJU_GRACE_SECONDS && { terminationGracePeriodSeconds: graceSeconds }),
    ...(antiAffinity !== 'none' && { affinity: { podAntiAffinity: apart(app, antiAffinity) } }),
    ...(Object.keys(resources).length > 0 && { resources }),
  };
  const statefulSet = { kind: 'StatefulSet', metadata: { name: app } } as const;
  // An operator who wants nothing of Kubernetes need not trust the charm either.
  if (Object.keys(asked).length === 0) return statefulSet;
  const { metadata, resources: amounts, ...spec } = asked;
  const container = {
    name: CONTAINER,
    readinessProbe: { initialDelaySeconds: NOT_READY_SECONDS },
    ...(amounts !== undefined && { resources: amounts }),
  };
  const template = {
    ...(metadata !== undefined && { metadata }),
    spec: { ...spec, readinessGates: [{ conditionType: READY_GATE }], containers: [container] },
  };
  return { ...statefulSet, spec: { template } };
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
