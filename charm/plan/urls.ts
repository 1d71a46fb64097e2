/** Where others find this application. One address for all units: Kubernetes, or the ingress, spreads what comes there. */
import { hasGateway } from './cluster.ts';
import { GATEWAY_PORT } from './gateway-parts.ts';
import type { Inputs } from './inputs.ts';
import { HTTP_PORT } from './paths.ts';

type Place = Pick<Inputs, 'app' | 'model' | 'address'>;

export interface Urls {
  /** Inside the cluster: `http://mimir-k8s.cos.svc.cluster.local:9009`. None of them ends in a slash. */
  readonly internal: string;
  /** From outside where there is an ingress, else the internal one. */
  readonly public: string;
  /** What the ruler's links begin with. It outlives moments without an address, because each change restarts Mimir. */
  readonly rulerLinks: string;
  /** What the Alertmanager's links begin with. */
  readonly alertmanagerLinks: string;
}

/** All addresses that are given to others are made from these, so that they follow the ingress and TLS together. */
export function urls(inputs: Place & Pick<Inputs, 'authorities' | 'neighbours' | 'options'>): Urls {
  const internal = `${scheme(inputs)}://${serviceHost(inputs)}:${addressedPort(inputs)}`;
  const { ingressUrl, lastIngressUrl } = inputs.neighbours;
  return {
    internal,
    public: ingressUrl ?? internal,
    rulerLinks: `${lastIngressUrl ?? internal}/prometheus`,
    alertmanagerLinks: `${withoutPath(lastIngressUrl) ?? internal}/alertmanager`,
  };
}

/**
 * The Alertmanager puts the path of its links before all that it serves, and Mimir sends it only what comes to
 * `/alertmanager`. Behind an ingress that takes a path of its own away, such links would cost us the Alertmanager.
 */
function withoutPath(url: string | undefined): string | undefined {
  return url === undefined || new URL(url).pathname !== '/' ? undefined : url;
}

/** The gateway's where there is one: this application, and its cluster, is then asked through it alone. */
export function addressedPort(inputs: Pick<Inputs, 'neighbours' | 'options'>): number {
  return hasGateway(inputs) ? GATEWAY_PORT : HTTP_PORT;
}

/** What Mimir's HTTP port, and the gateway's, speak. */
export function scheme({ authorities }: Pick<Inputs, 'authorities'>): 'http' | 'https' {
  return authorities === undefined ? 'http' : 'https';
}

/** `mimir-k8s.cos.svc.cluster.local`: Kubernetes spreads what comes here over the ready units. */
export function serviceHost(inputs: Place): string {
  return `${inputs.app}.${inputs.model.name}.svc.${clusterDomain(inputs)}`;
}

/** Juju's headless service of an application: it names every unit. */
export function endpointsHost(inputs: Place): string {
  return `${inputs.app}-endpoints.${inputs.model.name}.svc.${clusterDomain(inputs)}`;
}

/** What follows `.svc.` in the unit's own name; `cluster.local` where the name has no such part. */
function clusterDomain({ address }: Pick<Inputs, 'address'>): string {
  return /\.svc\.(.+)$/.exec(address.fqdn)?.[1] ?? 'cluster.local';
}
