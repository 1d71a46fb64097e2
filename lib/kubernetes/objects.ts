/** The kinds of Kubernetes objects that a charm has to do with, by their own types. */
import type {
  V1ConfigMap,
  V1Deployment,
  V1Ingress,
  V1NetworkPolicy,
  V1Node,
  V1ObjectMeta,
  V1PersistentVolumeClaim,
  V1Pod,
  V1PodDisruptionBudget,
  V1Role,
  V1RoleBinding,
  V1Secret,
  V1Service,
  V1ServiceAccount,
  V1StatefulSet,
} from '@kubernetes/client-node';

/** Each kind with its type. */
export interface Kinds {
  readonly ConfigMap: V1ConfigMap;
  readonly Deployment: V1Deployment;
  readonly Ingress: V1Ingress;
  readonly NetworkPolicy: V1NetworkPolicy;
  readonly Node: V1Node;
  readonly PersistentVolumeClaim: V1PersistentVolumeClaim;
  readonly Pod: V1Pod;
  readonly PodDisruptionBudget: V1PodDisruptionBudget;
  readonly Role: V1Role;
  readonly RoleBinding: V1RoleBinding;
  readonly Secret: V1Secret;
  readonly Service: V1Service;
  readonly ServiceAccount: V1ServiceAccount;
  readonly StatefulSet: V1StatefulSet;
}

/** `StatefulSet`, `Service` and the others. */
export type Kind = keyof Kinds;

/** Where the API server has them. */
const PATHS: Readonly<Record<Kind, string>> = {
  ConfigMap: 'api/v1/configmaps',
  Deployment: 'apis/apps/v1/deployments',
  Ingress: 'apis/networking.k8s.io/v1/ingresses',
  NetworkPolicy: 'apis/networking.k8s.io/v1/networkpolicies',
  Node: 'api/v1/nodes',
  PersistentVolumeClaim: 'api/v1/persistentvolumeclaims',
  Pod: 'api/v1/pods',
  PodDisruptionBudget: 'apis/policy/v1/poddisruptionbudgets',
  Role: 'apis/rbac.authorization.k8s.io/v1/roles',
  RoleBinding: 'apis/rbac.authorization.k8s.io/v1/rolebindings',
  Secret: 'api/v1/secrets',
  Service: 'api/v1/services',
  ServiceAccount: 'api/v1/serviceaccounts',
  StatefulSet: 'apis/apps/v1/statefulsets',
};
const WITHOUT_NAMESPACE: ReadonlySet<Kind> = new Set(['Node']);

/** Part of an object: what whoever applies it wants to decide, and nothing else. */
export type Part<T> = T extends readonly (infer Each)[]
  ? readonly Part<Each>[]
  : T extends Date | string | number | boolean
    ? T
    : { readonly [Key in keyof T]?: Part<T[Key]> };

/** An object as far as this charm decides it. The version of its API goes without saying. */
export type PatchOf<K extends Kind> = {
  readonly kind: K;
  readonly metadata: { readonly name: string } & Part<Pick<V1ObjectMeta, 'annotations' | 'labels'>>;
} & Part<Omit<Kinds[K], 'apiVersion' | 'kind' | 'metadata' | 'status'>>;

/** One of any kind. */
export type ObjectPatch = { readonly [K in Kind]: PatchOf<K> }[Kind];

/** Which object. */
export interface ObjectName {
  readonly kind: Kind;
  readonly name: string;
}

export function nameOf({ kind, metadata }: ObjectPatch): ObjectName {
  return { kind, name: metadata.name };
}

/** `apps/v1` */
export function apiVersionOf(kind: Kind): string {
  return PATHS[kind].split('/').slice(1, -1).join('/');
}

/** `/apis/apps/v1/namespaces/cos/statefulsets/mimir-k8s` */
export function pathOf({ kind, name }: ObjectName, namespace: string): string {
  const parts = PATHS[kind].split('/');
  const place = WITHOUT_NAMESPACE.has(kind) ? [] : ['namespaces', encodeURIComponent(namespace)];
  return ['', ...parts.slice(0, -1), ...place, parts.at(-1), encodeURIComponent(name)].join('/');
}
