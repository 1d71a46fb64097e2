/** The options about the charm's own Kubernetes objects: what each may be. */
import { durationMs } from '../durations.ts';
import type { RawOptions } from './inputs.ts';
import { readMapping } from './mapping.ts';

/** Checked options, in Kubernetes' terms. */
export interface KubernetesOptions {
  /** By name: cpu and memory. */
  readonly requests: Readonly<Record<string, string>>;
  readonly limits: Readonly<Record<string, string>>;
  readonly antiAffinity: 'none' | 'preferred' | 'required';
  readonly graceSeconds: number;
  readonly annotations: Readonly<Record<string, string>>;
  readonly ports: readonly ServicePort[];
}

/** The options that are about Kubernetes. */
export const KUBERNETES_OPTIONS = [
  'cpu-request',
  'cpu-limit',
  'memory-request',
  'memory-limit',
  'pod-anti-affinity',
  'termination-grace-period',
  'service-account-annotations',
  'service-ports',
] as const satisfies readonly (keyof RawOptions)[];

interface ServicePort {
  readonly name: string;
  readonly port: number;
  readonly targetPort: number;
}

interface Problem {
  readonly option: keyof RawOptions;
  readonly value: string;
  readonly allowed: string;
}

/** With it, pods of the service account are given a role of AWS, and need no keys. */
export const ROLE_ANNOTATION = 'eks.amazonaws.com/role-arn';

/** Juju's own; nothing need be decided to have it. */
export const JUJU_GRACE_SECONDS = 30;
const MOST_GRACE_MS = 24 * 3_600_000;
const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
};
const AFFINITIES = ['none', 'preferred', 'required'] as const;
/** A name with an optional domain before it, as Kubernetes has them. */
const ANNOTATION =
  /^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?\/)?[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/;
const PORT_NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** Ports with such names are Juju's, and go when it opens or closes one. */
const JUJU_PORT = /^(?:juju-|placeholder$)/;

/** Checks all of these options at once. */
export function parseKubernetes(
  raw: RawOptions,
):
  | { readonly ok: true; readonly kubernetes: KubernetesOptions }
  | { readonly ok: false; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const refuse = (option: Problem['option'], allowed: string) => {
    const shown = String(raw[option]).replaceAll(/[\p{Cc}\s]+/gu, ' ');
    problems.push({ option, value: shown.length > 40 ? `${shown.slice(0, 39)}…` : shown, allowed });
  };
  for (const resource of ['cpu', 'memory'] as const) checkResource(raw, resource, refuse);
  const antiAffinity = AFFINITIES.find((each) => each === raw['pod-anti-affinity'].trim());
  if (antiAffinity === undefined) refuse('pod-anti-affinity', 'none, preferred or required');
  const graceMs = durationMs(raw['termination-grace-period'].trim());
  if (graceMs === undefined || graceMs < JUJU_GRACE_SECONDS * 1000 || graceMs > MOST_GRACE_MS)
    refuse('termination-grace-period', 'a duration from 30s to 24h, such as 20m');
  const annotations = readMapping(raw['service-account-annotations']);
  if (annotations === undefined || !Object.keys(annotations).every((name) => ANNOTATION.test(name)))
    refuse('service-account-annotations', 'lines of NAME: VALUE, or a JSON object of texts');
  const ports = readPorts(raw['service-ports']);
  if (ports === undefined)
    refuse('service-ports', 'lines of NAME: PORT or NAME: PORT:TARGET, with other names than juju-…');
  if (
    problems.length > 0 ||
    antiAffinity === undefined ||
    graceMs === undefined ||
    annotations === undefined ||
    ports === undefined
  )
    return { ok: false, problems };
  return {
    ok: true,
    kubernetes: {
      requests: given({ cpu: raw['cpu-request'], memory: raw['memory-request'] }),
      limits: given({ cpu: raw['cpu-limit'], memory: raw['memory-limit'] }),
      antiAffinity,
      graceSeconds: Math.floor(graceMs / 1000),
      annotations,
      ports,
    },
  };
}

/** Whether the pods are to have a role of AWS. */
export function hasRole(raw: Pick<RawOptions, 'service-account-annotations'>): boolean {
  return readMapping(raw['service-account-annotations'])?.[ROLE_ANNOTATION] !== undefined;
}

const EXAMPLES = { cpu: '500m or 2', memory: '512Mi or 4Gi' } as const;

function checkResource(
  raw: RawOptions,
  resource: 'cpu' | 'memory',
  refuse: (option: Problem['option'], allowed: string) => void,
): void {
  const [request, limit] = [`${resource}-request`, `${resource}-limit`] as const;
  const amounts = [request, limit].map((option) => {
    const text = raw[option].trim();
    const amount = text === '' ? undefined : amountOf(text);
    if (text !== '' && amount === undefined)
      refuse(option, `empty, or an amount such as ${EXAMPLES[resource]}`);
    return amount;
  });
  const [least = 0, most = Number.POSITIVE_INFINITY] = amounts;
  if (least > most) refuse(request, `at most ${limit}, which is ${raw[limit].trim()}`);
}

/** Undefined for what is none, and for nothing. */
function amountOf(text: string): number | undefined {
  const [, number = '', unit = ''] = /^(\d{1,15}(?:\.\d{1,9})?)([a-zA-Z]{0,2})$/.exec(text) ?? [];
  const amount = number === '' ? 0 : Number(number) * (UNITS[unit] ?? 0);
  return amount > 0 ? amount : undefined;
}

function given(amounts: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(amounts)
      .map(([name, text]) => [name, text.trim()] as const)
      .filter(([, text]) => text !== ''),
  );
}

function readPorts(text: string): readonly ServicePort[] | undefined {
  const mapping = readMapping(text);
  if (mapping === undefined) return undefined;
  const ports = Object.entries(mapping).map(([name, value]) => {
    const [, port = '', target = port] = /^(\d{1,5})(?::(\d{1,5}))?$/.exec(value) ?? [];
    return { name, port: Number(port), targetPort: Number(target) };
  });
  const isPort = (number: number) => number >= 1 && number <= 65_535;
  const areFine = ports.every(
    ({ name, port, targetPort }) =>
      PORT_NAME.test(name) && !JUJU_PORT.test(name) && isPort(port) && isPort(targetPort),
  );
  const areDistinct = new Set(ports.map(({ port }) => port)).size === ports.length;
  return areFine && areDistinct ? ports : undefined;
}
