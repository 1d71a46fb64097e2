/** The name that Kubernetes gives a unit's pod. */
import { readFileSync } from 'node:fs';
import type { Juju } from 'charmwright';
import type { Spec } from './generated.ts';

/** `mimir-k8s-0.mimir-k8s-endpoints.cos.svc.cluster.local` */
export function unitName({ unit, app, model }: Pick<Juju<Spec>, 'unit' | 'app' | 'model'>): string {
  let resolver = '';
  try {
    resolver = readFileSync('/etc/resolv.conf', 'utf8');
  } catch {
    // The cluster's default, then.
  }
  return `${unit.replace('/', '-')}.${app}-endpoints.${model.name}.svc.${clusterDomain(resolver)}`;
}

/** The cluster's domain by the pod's search list: `search cos.svc.cluster.local svc.cluster.local cluster.local`. */
export function clusterDomain(resolverConfig: string): string {
  return /^search\s(?:.*\s)?svc\.(\S+)/m.exec(resolverConfig)?.[1] ?? 'cluster.local';
}
