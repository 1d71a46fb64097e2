/** The tools about this unit, its application and its model. */
import * as z from 'zod/mini';
import { orEmpty, textMap, texts } from '../shapes.ts';
import { callJson, callText } from './call.ts';
import type { ToolRunner } from './runner.ts';

/** What a charm may set. */
export type StatusName = 'active' | 'blocked' | 'maintenance' | 'waiting';

const configValues = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));
/** Options as Juju gives them: text, numbers and booleans, by name. */
export type RawConfig = z.infer<typeof configValues>;

/** Options that are set or have a default. */
export function configGet(tools: ToolRunner): Promise<RawConfig> {
  return callJson(tools, configValues, 'config-get');
}

/** A true answer holds for 30 seconds. */
export function isLeader(tools: ToolRunner): Promise<boolean> {
  return callJson(tools, z.boolean(), 'is-leader');
}

/** Characters; a status is one line of `juju status`, and one argument of a process. */
const LONGEST_STATUS = 1000;

/** Shows a status at once; it stays when the hook fails. A message of more than 1000 characters is cut. */
export async function statusSet(
  tools: ToolRunner,
  side: 'unit' | 'application',
  status: StatusName,
  message: string,
): Promise<void> {
  const shown = message.length <= LONGEST_STATUS ? message : `${message.slice(0, LONGEST_STATUS)}…`;
  await callText(tools, 'status-set', [`--application=${side === 'application'}`, status, shown]);
}

const statusShape = z.object({
  status: z.string(),
  message: orEmpty(z.string(), ''),
});

/** What is shown now; `unknown` and `error` can be shown, too, though not set. */
export interface StatusShown {
  readonly name: string;
  readonly message: string;
}

/** What is shown of this unit. */
export async function statusGet(tools: ToolRunner): Promise<StatusShown> {
  const { status, message } = await callJson(tools, statusShape, 'status-get', [
    '--include-data',
    '--application=false',
  ]);
  return { name: status, message };
}

/** For the leader. */
export async function appStatusGet(
  tools: ToolRunner,
): Promise<StatusShown & { readonly units: Readonly<Record<string, StatusShown>> }> {
  const shape = z.object({
    'application-status': z.extend(statusShape, { units: orEmpty(z.record(z.string(), statusShape), {}) }),
  });
  const answer = await callJson(tools, shape, 'status-get', ['--include-data', '--application=true']);
  const { status, message, units } = answer['application-status'];
  const entries = Object.entries(units).map(
    ([unit, shown]) => [unit, { name: shown.status, message: shown.message }] as const,
  );
  return { name: status, message, units: Object.fromEntries(entries) };
}

const optionalText = z.optional(z.string());

const network = z.lazy(() =>
  z.object({
    'bind-addresses': z.nullish(
      z.array(
        z.object({
          'interface-name': optionalText,
          addresses: z.nullish(
            z.array(z.object({ hostname: optionalText, value: z.string(), cidr: optionalText })),
          ),
        }),
      ),
    ),
    'egress-subnets': z.nullish(texts),
    'ingress-addresses': z.nullish(texts),
  }),
);

/** An address that Juju binds an endpoint to. */
export interface NetworkAddress {
  readonly value: string;
  readonly hostname: string | undefined;
  /** `10.1.2.0/24`; undefined where Juju knows none. */
  readonly cidr: string | undefined;
}

/** A network interface with its addresses. */
export interface NetworkInterface {
  readonly name: string;
  readonly addresses: readonly NetworkAddress[];
}

/** Addresses of one binding. `bindAddress` is undefined while Juju does not know the pod's address. */
export interface Network {
  readonly interfaces: readonly NetworkInterface[];
  readonly bindAddress: string | undefined;
  /** The first of `ingressAddresses`: where others reach this unit. */
  readonly ingressAddress: string | undefined;
  readonly bindAddresses: readonly string[];
  readonly ingressAddresses: readonly string[];
  readonly egressSubnets: readonly string[];
}

/** Of a binding; with a relation's id, for that relation. */
export async function networkGet(tools: ToolRunner, binding: string, relationId?: number): Promise<Network> {
  const args = [binding, ...(relationId === undefined ? [] : ['-r', String(relationId)])];
  const answer = await callJson(tools, network, 'network-get', args);
  const interfaces = (answer['bind-addresses'] ?? []).map((nic) => ({
    name: nic['interface-name'] ?? '',
    addresses: (nic.addresses ?? [])
      .filter(({ value }) => value !== '')
      .map(({ value, hostname, cidr }) => ({
        value,
        hostname: hostname || undefined,
        cidr: cidr || undefined,
      })),
  }));
  const bindAddresses = interfaces.flatMap(({ addresses }) => addresses.map(({ value }) => value));
  const ingressAddresses = answer['ingress-addresses'] ?? [];
  return {
    interfaces,
    bindAddress: bindAddresses[0],
    bindAddresses,
    ingressAddress: ingressAddresses[0],
    ingressAddresses,
    egressSubnets: answer['egress-subnets'] ?? [],
  };
}

const goals = z.lazy(() => z.record(z.string(), z.object({ status: z.string(), since: optionalText })));
const goalStateShape = z.lazy(() =>
  z.object({
    units: orEmpty(goals, {}),
    relations: orEmpty(z.record(z.string(), z.nullable(goals)), {}),
  }),
);

/**
 * Units and relations as they are going to be: by unit, and by endpoint and the names of applications and units.
 * `since` is Juju's text, `2026-01-01 00:00:00Z`; a leaving unit's status is `dying`.
 */
export type GoalState = z.infer<typeof goalStateShape>;

/** Units and relations as they are going to be. */
export function goalState(tools: ToolRunner): Promise<GoalState> {
  return callJson(tools, goalStateShape, 'goal-state');
}

/** `9009/tcp` */
export function openedPorts(tools: ToolRunner): Promise<string[]> {
  return callJson(tools, texts, 'opened-ports');
}

/** Opens `9009/tcp` when the hook succeeds; one that is open is fine. Kubernetes knows no ranges. */
export async function openPort(tools: ToolRunner, port: string): Promise<void> {
  await callText(tools, 'open-port', [port]);
}

/** Closes `9009/tcp`; one that is not open is fine. */
export async function closePort(tools: ToolRunner, port: string): Promise<void> {
  await callText(tools, 'close-port', [port]);
}

/** Everything in this unit's charm state, which Juju keeps over a pod's restart. */
export async function stateGet(tools: ToolRunner): Promise<Readonly<Record<string, string>>> {
  return callJson(tools, orEmpty(textMap, {}), 'state-get');
}

/** Values up to 64 KiB each. */
export async function stateSet(tools: ToolRunner, values: Readonly<Record<string, string>>): Promise<void> {
  await callText(tools, 'state-set', ['--file', '-'], JSON.stringify(values));
}

/** Forgets one key of the unit's charm state; one that is not there is fine. */
export async function stateDelete(tools: ToolRunner, key: string): Promise<void> {
  await callText(tools, 'state-delete', [key]);
}

const storage = z.lazy(() => z.object({ kind: z.enum(['filesystem', 'block']), location: z.string() }));

/** Attached instances, `data/0`. */
export function storageList(tools: ToolRunner, name: string): Promise<string[]> {
  return callJson(tools, orEmpty(texts, []), 'storage-list', [name]);
}

/** Kind and place of one instance, `data/0`. */
export function storageGet(tools: ToolRunner, id: string): Promise<z.infer<typeof storage>> {
  return callJson(tools, storage, 'storage-get', ['-s', id]);
}

/** Asks for more instances of a storage, when the hook succeeds. */
export async function storageAdd(tools: ToolRunner, name: string, count: number): Promise<void> {
  await callText(tools, 'storage-add', [`${name}=${count}`]);
}

/** Path on the charm's disk. */
export async function resourceGet(tools: ToolRunner, name: string): Promise<string> {
  return (await callText(tools, 'resource-get', [name])).trim();
}

/** The application's version, as `juju status` shows it. Takes effect at once. */
export async function applicationVersionSet(tools: ToolRunner, version: string): Promise<void> {
  await callText(tools, 'application-version-set', ['--', version]);
}

/** As Juju names them. */
export type LogLevel = 'TRACE' | 'DEBUG' | 'INFO' | 'WARNING' | 'ERROR';

/** One message in the log of the model, of up to 128 KiB. */
export async function jujuLog(tools: ToolRunner, level: LogLevel, message: string): Promise<void> {
  await callText(tools, 'juju-log', ['--log-level', level, '--', message]);
}

/** Restarts the charm's container when the hook has succeeded; with `now` Juju ends the hook and runs it again after. */
export async function jujuReboot(tools: ToolRunner, now: boolean): Promise<void> {
  await callText(tools, 'juju-reboot', now ? ['--now'] : []);
}

const cloudSpec = z.lazy(() =>
  z.object({
    type: z.string(),
    name: z.string(),
    region: optionalText,
    endpoint: optionalText,
    'identity-endpoint': optionalText,
    'storage-endpoint': optionalText,
    credential: z.optional(
      z.object({ 'auth-type': z.string(), attrs: z.optional(textMap), redacted: z.nullish(texts) }),
    ),
    cacertificates: z.nullish(texts),
    'skip-tls-verify': z.optional(z.boolean()),
    'is-controller-cloud': z.optional(z.boolean()),
  }),
);

/** The cloud's API, and a credential for it. Never log it. */
export type CloudSpec = z.infer<typeof cloudSpec>;

/**
 * How to reach the cloud's API, with a credential in it: never log it. On Kubernetes from Juju 3.6.10 on.
 * @throws PermissionError when the application was deployed without `--trust`.
 */
export function credentialGet(tools: ToolRunner): Promise<CloudSpec> {
  return callJson(tools, cloudSpec, 'credential-get');
}
