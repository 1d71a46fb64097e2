/** What podbox is told of one pod: a pure function of the model, in the shape Juju gives the pod on Kubernetes. */
import { appOf, findApplication, findCharm, findUnit } from '../model/lookup.ts';
import type { Model, Spec } from '../model/state.ts';
import { charmPaths, type ModelFolders } from './folders.ts';

export const CHARM_CONTAINER = 'charm';
/** Where Kubernetes mounts it. */
const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
const PEBBLE_PORT = 38813;
export const CHARM_PEBBLE_PORT = 38812;

export interface Mount {
  readonly source: string;
  readonly target: string;
  readonly readOnly?: boolean;
}

export interface ContainerSpec {
  readonly name: string;
  /** An image folder; empty for the machine alone. */
  readonly image: string;
  readonly mounts: readonly Mount[];
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly log: string;
}

export interface PodSpec {
  readonly hostname: string;
  readonly address: string;
  readonly gateway: string;
  readonly hosts: string;
  readonly scratch: string;
  readonly containers: readonly ContainerSpec[];
}

export interface Network {
  readonly bits: number;
  readonly gateway: string;
}

/** The workload containers' names in Juju's order. */
export function workloads(spec: Spec): string[] {
  return Object.keys(spec.containers).sort();
}

/** @param account what is mounted as the service account, as in every container of a pod. */
export function podSpec(
  model: Model,
  unitName: string,
  folders: ModelFolders,
  network: Network,
  account?: string,
): PodSpec {
  const unit = findUnit(model, unitName);
  const { spec } = findCharm(model, unit.charm);
  const own = folders.unit(unitName);
  return {
    hostname: unitName.replace('/', '-'),
    address: `${unit.address}/${network.bits}`,
    gateway: network.gateway,
    hosts: own.hosts,
    scratch: own.scratch,
    containers: [
      charmContainer(model, unitName, folders),
      ...workloads(spec).map((_name, index) => workloadContainer(model, unitName, folders, index)),
    ].map((container) =>
      account === undefined
        ? container
        : {
            ...container,
            mounts: [...container.mounts, { source: account, target: SERVICE_ACCOUNT, readOnly: true }],
          },
    ),
  };
}

function charmContainer(model: Model, unitName: string, folders: ModelFolders): ContainerSpec {
  const { spec } = findCharm(model, findUnit(model, unitName).charm);
  const own = folders.unit(unitName);
  const paths = charmPaths(unitName);
  const names = workloads(spec);
  return {
    name: CHARM_CONTAINER,
    image: '',
    mounts: [
      { source: folders.bin, target: '/charm/bin', readOnly: true },
      { source: folders.tools, target: paths.tools, readOnly: true },
      { source: own.agent, target: paths.agent },
      ...names.map((name) => ({ source: own.container(name), target: `/charm/containers/${name}` })),
      ...storageMounts(model, unitName, folders, (_storage, location) => location),
    ],
    // The agent's own Pebble has no services here: it keeps the container, answers probes and collects orphans.
    command: ['/charm/bin/pebble', 'run', '--create-dirs', '--http', `:${CHARM_PEBBLE_PORT}`, '--verbose'],
    env: {
      JUJU_CONTAINER_NAMES: names.join(','),
      HTTP_PROBE_PORT: '3856',
      PEBBLE: '/var/lib/pebble/default',
      PEBBLE_SOCKET: '/var/lib/pebble/default/.pebble.socket',
    },
    cwd: '/var/lib/juju',
    log: `${own.log}/${CHARM_CONTAINER}.log`,
  };
}

function workloadContainer(
  model: Model,
  unitName: string,
  folders: ModelFolders,
  index: number,
): ContainerSpec {
  const application = findApplication(model, appOf(unitName));
  const { spec } = findCharm(model, findUnit(model, unitName).charm);
  const name = workloads(spec)[index] ?? '';
  const container = spec.containers[name] ?? {};
  const own = folders.unit(unitName);
  const image = container.resource === undefined ? undefined : application.resources[container.resource];
  const at = (storage: string) => (container.mounts ?? []).filter((mount) => mount.storage === storage);
  return {
    name,
    image: image === undefined || image === 'none' ? '' : image,
    mounts: [
      { source: folders.bin, target: '/charm/bin', readOnly: true },
      { source: own.container(name), target: '/charm/container' },
      ...storageMounts(model, unitName, folders, (storage, _location, number, count) => {
        const [mount] = at(storage);
        if (mount === undefined) return undefined;
        return count > 1 ? `${mount.location}/${storage}/${number}` : mount.location;
      }),
      // The same storage may be mounted a second time in one container.
      ...Object.keys(spec.storage).flatMap((storage) =>
        at(storage)
          .slice(1)
          .flatMap(({ location }) =>
            storageMounts(model, unitName, folders, (s) => (s === storage ? location : undefined)),
          ),
      ),
    ],
    command: [
      ...['/charm/bin/pebble', 'run', '--create-dirs', '--hold'],
      ...['--http', `:${PEBBLE_PORT + index}`, '--verbose'],
    ],
    env: workloadEnvironment(name),
    cwd: '/',
    log: `${own.log}/${name}.log`,
  };
}

/** What every process of a workload container has in its environment, those that `ssh` starts too. */
export function workloadEnvironment(name: string): Readonly<Record<string, string>> {
  return {
    JUJU_CONTAINER_NAME: name,
    PEBBLE: '/charm/container/pebble',
    PEBBLE_COPY_ONCE: '/var/lib/pebble/default',
    PEBBLE_SOCKET: '/charm/container/pebble.socket',
  };
}

function storageMounts(
  model: Model,
  unit: string,
  folders: ModelFolders,
  target: (storage: string, location: string, number: string, count: number) => string | undefined,
): Mount[] {
  const attached = Object.values(model.storages).filter((storage) => storage.unit === unit);
  return attached.flatMap((storage) => {
    const count = attached.filter((other) => other.name === storage.name).length;
    const location = target(storage.name, storage.location, storage.id.split('/')[1] ?? '', count);
    return location === undefined ? [] : [{ source: folders.storage(storage.id), target: location }];
  });
}
