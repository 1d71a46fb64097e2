/** What nginx' configuration and those who write it both name. */
import * as z from 'zod/mini';
import type { Component } from './roles.ts';

export const GATEWAY_CONTAINER = 'gateway';
export const GATEWAY_SERVICE = 'gateway';
/** Of the layer that has it. */
export const GATEWAY_LABEL = 'mimir-gateway';
/** Kept by the unit while there is something to take down. */
export const GATEWAY_KEY = 'gateway';
/** Kept by the unit, across its pods, from when its nginx has served on. */
export const GATEWAY_SERVED = 'gateway-served';
export const GATEWAY_CHECK = 'gateway-ready';
/** What everybody else asks. */
export const GATEWAY_PORT = 8080;
/** Plain HTTP inside the pod, for Pebble and the charm: which configuration nginx runs with. */
export const GATEWAY_STATUS_PORT = 8081;
/** nginx' own numbers, at the port that everybody asks: a scraper comes from outside of the pod. */
export const GATEWAY_METRICS_PATH = '/gateway/metrics';
/** Debian's and Ubuntu's packages have it there, and so has the image of nginx's makers. */
export const NGINX = '/usr/sbin/nginx';

/** nginx' prefix. All that it is told is there, beside its configuration. */
export const GATEWAY_DIR = '/var/lib/mimir-gateway';
/** A configuration is tried here before it replaces the one in use. */
export const GATEWAY_TRIAL_DIR = `${GATEWAY_DIR}/trial`;
export const GATEWAY_CONFIG = 'nginx.conf';
/** The names in the configuration. Relative, they lie beside it, wherever that is. */
export const GATEWAY_TLS = 'tls.pem';
export const GATEWAY_CA = 'cluster-ca.pem';
/**
 * Where Juju has the container's Pebble keep its layers, on a volume that lives as long as the pod. Pebble reads them when
 * it starts. No image has this number or label: it does not start with two of the same.
 */
export const NOT_YET_FILE = '/charm/container/pebble/layers/987-mimir-k8s-not-yet.yaml';
/** The kernel has it when it knows IPv6. */
export const IPV6_FILE = '/proc/net/if_inet6';

/** One process of Mimir. */
export interface Address {
  /** An IP address: nginx does not start with a name that it cannot resolve. */
  readonly host: string;
  readonly port: number;
}

/** Where each component can be reached. A process that runs several is named with each. */
export type RoleAddresses = Readonly<Partial<Record<Component, readonly Address[]>>>;

const ipv4 = z.ipv4();
const ipv6 = z.ipv6();

export function isAddress({ host, port }: Address): boolean {
  return (ipv4.safeParse(host).success || ipv6.safeParse(host).success) && port > 0 && port < 65_536;
}

/** As nginx writes it. */
export function serverOf({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
