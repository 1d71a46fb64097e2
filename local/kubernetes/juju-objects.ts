/**
 * What Juju makes of an application on Kubernetes (caas/kubernetes/provider/application): pure, from the model. Fields
 * that nobody looks at are left out.
 */

import { CHARM_CONTAINER, CHARM_PEBBLE_PORT, workloads } from '../containers/pod-spec.ts';
import { appOf, findApplication, findCharm, unitsOf } from '../model/lookup.ts';
import type { Application, Model } from '../model/state.ts';

/** In whose name Juju writes. */
export const JUJU = 'juju';

/** An object, and where it is. */
export interface KubernetesObject {
  /** Of its collection: `/apis/apps/v1/namespaces/cos/statefulsets`. */
  readonly collection: string;
  readonly name: string;
  readonly body: Readonly<Record<string, unknown>>;
}

const AGENT_VERSION = '3.6.14';
/** Juju's own, whatever was there before. */
export const JUJU_GRACE_SECONDS = 30;

const ALL = [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }];

export function namespaceObject({ name }: Model): KubernetesObject {
  return object('/api/v1/namespaces', 'v1', 'Namespace', name, {
    metadata: { labels: { 'app.kubernetes.io/managed-by': 'juju', 'model.juju.is/name': name } },
  });
}

/** Everything of one application, in the order in which it is made. */
export function applicationObjects(model: Model, application: Application): readonly KubernetesObject[] {
  return [
    ...accessObjects(model, application),
    service(model, application),
    headlessService(model, application),
    statefulSet(model, application),
  ];
}

function accessObjects(
  { name: namespace }: Model,
  { name, trust }: Application,
): readonly KubernetesObject[] {
  const meta = metadata(name);
  const rbac = `/apis/rbac.authorization.k8s.io/v1`;
  const api = 'rbac.authorization.k8s.io/v1';
  const cluster = `${namespace}-${name}`;
  const subjects = [{ kind: 'ServiceAccount', name, namespace }];
  const apiGroup = 'rbac.authorization.k8s.io';
  return [
    object(`/api/v1/namespaces/${namespace}/serviceaccounts`, 'v1', 'ServiceAccount', name, {
      ...meta,
      automountServiceAccountToken: false,
    }),
    object(`${rbac}/namespaces/${namespace}/roles`, api, 'Role', name, {
      ...meta,
      rules: trust ? ALL : ownRules(namespace),
    }),
    object(`${rbac}/namespaces/${namespace}/rolebindings`, api, 'RoleBinding', name, {
      ...meta,
      roleRef: { apiGroup, kind: 'Role', name },
      subjects,
    }),
    object(`${rbac}/clusterroles`, api, 'ClusterRole', cluster, {
      ...meta,
      rules: trust ? ALL : [{ apiGroups: [''], resources: ['namespaces'], verbs: ['get', 'list'] }],
    }),
    object(`${rbac}/clusterrolebindings`, api, 'ClusterRoleBinding', cluster, {
      ...meta,
      roleRef: { apiGroup, kind: 'ClusterRole', name: cluster },
      subjects,
    }),
  ];
}

/** What an application may that nobody trusts. */
function ownRules(namespace: string) {
  return [
    { apiGroups: [''], resources: ['namespaces'], resourceNames: [namespace], verbs: ['get', 'list'] },
    { apiGroups: [''], resources: ['pods', 'services'], verbs: ['get', 'list', 'patch'] },
    { apiGroups: [''], resources: ['pods/exec'], verbs: ['create'] },
  ];
}

function service({ name: namespace }: Model, application: Application): KubernetesObject {
  const { name } = application;
  const opened = [...new Set(unitsOf(application).flatMap(({ ports }) => ports))].toSorted();
  const ports = opened.flatMap((each) => {
    const [port = '', protocol = ''] = each.split('/');
    if (!/^\d+$/.test(port)) return [];
    return [
      {
        name: `juju-${port}-${protocol}`,
        port: Number(port),
        targetPort: Number(port),
        protocol: protocol.toUpperCase(),
      },
    ];
  });
  return object(`/api/v1/namespaces/${namespace}/services`, 'v1', 'Service', name, {
    ...metadata(name),
    spec: {
      type: 'ClusterIP',
      selector: selector(name),
      ports:
        ports.length > 0
          ? ports
          : [{ name: 'placeholder', port: 65_535, targetPort: 65_535, protocol: 'TCP' }],
    },
  });
}

function headlessService({ name: namespace }: Model, { name }: Application): KubernetesObject {
  return object(`/api/v1/namespaces/${namespace}/services`, 'v1', 'Service', `${name}-endpoints`, {
    ...metadata(name),
    spec: { type: 'ClusterIP', clusterIP: 'None', selector: selector(name), publishNotReadyAddresses: true },
  });
}

function statefulSet(model: Model, application: Application): KubernetesObject {
  const { name, units, charm, charmModifiedVersion } = application;
  const { spec } = findCharm(model, application.charm);
  const containers = [CHARM_CONTAINER, ...workloads(spec)].map((container, index) => ({
    name: container,
    image: container === CHARM_CONTAINER ? 'jujusolutions/charm-base:ubuntu-24.04' : `${container}-image`,
    imagePullPolicy: 'IfNotPresent',
    command: ['/charm/bin/pebble'],
    resources: {},
    ...probes(CHARM_PEBBLE_PORT + index),
  }));
  return object(`/apis/apps/v1/namespaces/${model.name}/statefulsets`, 'apps/v1', 'StatefulSet', name, {
    ...metadata(name),
    spec: {
      replicas: Object.keys(units).length,
      podManagementPolicy: 'Parallel',
      serviceName: `${name}-endpoints`,
      selector: { matchLabels: selector(name) },
      template: {
        metadata: { labels: selector(name), annotations: { 'juju.is/version': AGENT_VERSION } },
        spec: {
          serviceAccountName: name,
          automountServiceAccountToken: true,
          terminationGracePeriodSeconds: JUJU_GRACE_SECONDS,
          initContainers: [
            {
              name: 'charm-init',
              image: 'jujusolutions/jujud-operator:3.6.14',
              // Another charm or another image is another template.
              args: [charm, '--charm-modified-version', String(charmModifiedVersion)],
            },
          ],
          containers,
        },
      },
    },
  });
}

/** As Juju has them since 3.6, which sets no `initialDelaySeconds` any more. @param port of the container's Pebble */
function probes(port: number) {
  const probe = (level: 'alive' | 'ready', periodSeconds: number, failureThreshold: number) => ({
    httpGet: { path: `/v1/health?level=${level}`, port },
    timeoutSeconds: 1,
    periodSeconds,
    successThreshold: 1,
    failureThreshold,
  });
  return {
    startupProbe: probe('alive', 1, 30),
    livenessProbe: probe('alive', 5, 3),
    readinessProbe: probe('ready', 5, 1),
  };
}

/** The pods of an application, by the StatefulSet's own template, on nodes in turn. */
export function podObject(model: Model, unit: string, template: PodTemplate, node: string): KubernetesObject {
  const { name } = findApplication(model, appOf(unit));
  return object(`/api/v1/namespaces/${model.name}/pods`, 'v1', 'Pod', unit.replace('/', '-'), {
    metadata: { labels: selector(name) },
    spec: { ...template.spec, nodeName: node },
  });
}

/** Of the live StatefulSet. */
export interface PodTemplate {
  readonly spec: Readonly<Record<string, unknown>>;
}

function object(
  collection: string,
  apiVersion: string,
  kind: string,
  name: string,
  { metadata: meta = {}, ...rest }: Readonly<Record<string, unknown>> & { readonly metadata?: object },
): KubernetesObject {
  return { collection, name, body: { apiVersion, kind, metadata: { name, ...meta }, ...rest } };
}

function metadata(name: string) {
  return {
    metadata: {
      labels: { 'app.kubernetes.io/managed-by': 'juju', ...selector(name) },
      annotations: { 'juju.is/version': AGENT_VERSION },
    },
  };
}

function selector(name: string) {
  return { 'app.kubernetes.io/name': name };
}
