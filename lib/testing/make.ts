/** Words for making a world: `state({ relations: [relation('s3', { remoteApp: 'minio' })] })`. */
import type { Bag, NetworkView, RotatePolicy, SecretGrant, SecretView, StorageView } from '../jujuc/index.ts';
import { sameBag } from '../jujuc/index.ts';
import { stableJson } from '../model/relation.ts';
import type { Layer } from '../pebble/layer.ts';
import type { Notice } from '../pebble/types.ts';
import { customNotice } from './pebble-notices.ts';
import { mergeLayers } from './pebble-plan.ts';
import type {
  CheckState,
  ContainerState,
  DeferredEvent,
  ExecAnswer,
  FileAttributes,
  RelationState,
  ShownStatus,
  State,
} from './state.ts';

/** Numbers for what is given none, so that no two things of a test file are the same by mistake. */
let made = 0;

function nextNumber(): number {
  made += 1;
  return made;
}

/** What of a world is not as in a fresh one. */
export interface StateInput extends Partial<Omit<State, 'containers' | 'unitStatus' | 'appStatus'>> {
  /** A list reads best; what an earlier state held is taken as well. */
  readonly containers?: readonly ContainerState[] | Readonly<Record<string, ContainerState>>;
  readonly unitStatus?: ShownStatus;
  readonly appStatus?: ShownStatus;
  readonly deferred?: readonly DeferredEvent[];
}

/** A unit that nothing has happened to yet: not the leader, alone, without relations and containers. */
export function state(input: StateInput = {}): State {
  const { containers = [], ...given } = input;
  const unknown: ShownStatus = { name: 'unknown', message: '' };
  const list = Array.isArray(containers) ? containers : Object.values(containers);
  const made: State = {
    leader: false,
    unitNumber: 0,
    plannedUnits: 1,
    config: {},
    relations: [],
    secrets: [],
    storages: [],
    ports: [],
    stored: {},
    deferred: [],
    memory: {},
    networks: { '': network() },
    model: { name: 'testing', uuid: '3a1f5e0c-0000-4000-8000-0000000000aa' },
    unitStatus: unknown,
    appStatus: unknown,
    workloadVersion: '',
    resources: {},
    ...given,
    containers: byName(list),
  };
  return deepFreeze(made);
}

function byName(containers: readonly ContainerState[]): Record<string, ContainerState> {
  return Object.fromEntries(containers.map((container) => [container.name, container]));
}

/** No test changes a world by accident: what it holds throws when written to. Bytes cannot be frozen. */
function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || Object.isFrozen(value))
    return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}

/** What Juju itself writes into the bag of a unit that enters a relation. */
export const JUJU_KEYS: Bag = {
  'egress-subnets': '192.0.2.0/32',
  'ingress-address': '192.0.2.0',
  'private-address': '192.0.2.0',
};

/** A unit's addresses in every binding. */
export function network(address = '192.0.2.0'): NetworkView {
  return {
    bindAddresses: [
      { interfaceName: 'eth0', addresses: [{ hostname: '', value: address, cidr: `${address}/24` }] },
    ],
    egressSubnets: [`${address}/32`],
    ingressAddresses: [address],
  };
}

/** What of a relation is not empty. */
export interface RelationInput {
  readonly id?: number;
  /** `remote` when absent. */
  readonly remoteApp?: string;
  readonly remoteModelUuid?: string;
  readonly localAppData?: Bag;
  readonly localUnitData?: Bag;
  readonly remoteAppData?: Bag;
  /** By number; one unit, number 0, when absent. */
  readonly remoteUnits?: Readonly<Record<number, Bag>>;
}

/** A relation to another application. Unit bags hold the addresses that Juju writes, unless they are given. */
export function relation(endpoint: string, input: RelationInput = {}): RelationState {
  const { remoteApp = 'remote', ...given } = input;
  return { ...emptyRelation(endpoint), remoteUnits: { 0: JUJU_KEYS }, isPeer: false, remoteApp, ...given };
}

/** What of a peer relation is not empty. */
export interface PeerRelationInput {
  readonly id?: number;
  readonly localAppData?: Bag;
  readonly localUnitData?: Bag;
  /** The other units' bags, by number. */
  readonly units?: Readonly<Record<number, Bag>>;
}

/** The relation between the units of the application. */
export function peerRelation(endpoint: string, input: PeerRelationInput = {}): RelationState {
  const { units = {}, ...given } = input;
  return { ...emptyRelation(endpoint), isPeer: true, remoteUnits: units, ...given };
}

function emptyRelation(endpoint: string): Omit<RelationState, 'isPeer'> {
  return {
    id: nextNumber(),
    endpoint,
    localAppData: {},
    localUnitData: JUJU_KEYS,
    remoteAppData: {},
    remoteUnits: {},
    departed: [],
  };
}

/** What of a container is not as in a fresh one. */
export interface ContainerInput {
  /** True when absent. */
  readonly canConnect?: boolean;
  /** By label, or one layer alone. */
  readonly layers?: Readonly<Record<string, Layer>>;
  /** `{ mimir: 'active' }`: running with what the layers say. */
  readonly services?: ContainerState['services'];
  readonly files?: ContainerState['files'];
  readonly dirs?: readonly string[];
  readonly attributes?: Readonly<Record<string, FileAttributes>>;
  readonly checks?: Readonly<Record<string, CheckState>>;
  readonly execs?: readonly ExecAnswer[];
  readonly startFailures?: Readonly<Record<string, string>>;
  readonly logs?: ContainerState['logs'];
  readonly notices?: readonly Notice[];
}

/** A workload container whose Pebble answers. */
export function container(name: string, input: ContainerInput = {}): ContainerState {
  const { layers = {}, services = {} } = input;
  const plan = mergeLayers(Object.values(layers));
  const running = Object.keys(services).filter((service) => services[service] !== 'inactive');
  const startedWith = running.map((service) => [service, stableJson(plan.services[service] ?? {})]);
  return {
    name,
    canConnect: true,
    files: {},
    dirs: [],
    attributes: {},
    checks: {},
    execs: [],
    startFailures: {},
    logs: {},
    notices: [],
    ...input,
    layers,
    services,
    startedWith: Object.fromEntries(startedWith),
  };
}

/**
 * What a command that starts with these words answers: a result, or a function of the call; `missing` where the image has
 * no such program.
 */
export function exec(command: readonly string[], result: ExecAnswer['result'] = {}): ExecAnswer {
  return { command, result };
}

/** What of a secret is to be said; only its content must be. */
export interface SecretInput {
  readonly id?: string;
  readonly label?: string;
  readonly description?: string;
  /** `none` when absent: somebody else's, and readable. */
  readonly owner?: SecretView['owner'];
  /** What the unit tracks. */
  readonly content: Bag;
  /** A newer revision, which the unit does not track yet. */
  readonly latest?: Bag;
  readonly revision?: number;
  /** False: the unit has not read it yet. */
  readonly tracked?: boolean;
  readonly readable?: boolean;
  readonly rotate?: RotatePolicy;
  readonly expire?: string;
  readonly grants?: readonly SecretGrant[];
}

/** A secret of somebody else that the unit has read, unless an owner is given. */
export function secret(input: SecretInput): SecretView {
  const { content, latest, revision = 1, tracked = true, ...given } = input;
  const newer =
    latest === undefined || sameBag(latest, content) ? [] : [{ revision: revision + 1, content: latest }];
  return {
    id: `s${String(nextNumber()).padStart(19, '0')}`,
    owner: 'none',
    readable: true,
    grants: [],
    ...given,
    revisions: [{ revision, content }, ...newer],
    ...(tracked ? { tracked: revision } : {}),
  };
}

/** An attached storage instance, `data/0`; `location` is where the charm sees it. */
export function storage(
  name: string,
  input: { readonly index?: number; readonly location?: string } = {},
): StorageView {
  const { index = 0, location = `/var/lib/juju/storage/${name}/${index}` } = input;
  return { id: `${name}/${index}`, kind: 'filesystem', location };
}

/** A custom notice that the workload recorded, such as `example.com/backup-done`. */
export function notice(key: string, data: Bag = {}): Notice {
  return customNotice(String(nextNumber()), key, data);
}
