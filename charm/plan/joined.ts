/** An application that has joined another's cluster: its plan, and what it says of what it does not use. */
import type { Status } from 'charmwright';
import type { ClusterConfiguration, Credentials, Settings } from '../../relations/mimir-cluster.ts';
import { ZONE_RINGS, type ZoneRing } from '../../relations/peers.ts';
import { leadsCluster, ownRoles } from './cluster.ts';
import { filled, storageOf } from './credentials.ts';
import { planDatabags } from './databags.ts';
import type { Inputs } from './inputs.ts';
import type { Joined } from './members.ts';
import { isSettings } from './mimir-config.ts';
import { DIRS, GRPC_PORT, HTTP_PORT, RUNTIME_FILES } from './paths.ts';
import { type Plan, planWorkload } from './plan.ts';
import { componentsOf, ROLES_ALLOWED, roleText } from './roles.ts';
import { runningComponents } from './running.ts';
import {
  active,
  blocked,
  certificateStatuses,
  notUsed,
  optionStatus,
  placeStatuses,
  turnStatuses,
  waiting,
} from './statuses.ts';
import { endpointOf, type Wanted } from './wanted.ts';

/** What the unit itself relies on: its checks, its files, its volume. Another charm might have other places for it. */
const RELIED_ON: readonly (readonly [path: readonly string[], value: string | number])[] = [
  [['server', 'http_listen_port'], HTTP_PORT],
  [['server', 'grpc_listen_port'], GRPC_PORT],
  [['runtime_config', 'file'], RUNTIME_FILES],
  [['blocks_storage', 'tsdb', 'dir'], DIRS.tsdb],
];

/** Why these settings are not for this unit; undefined when they are. */
export function unfit(settings: Settings): string | undefined {
  const wrong = RELIED_ON.find(([path, value]) => valueAt(settings, path) !== value);
  if (wrong !== undefined) return `${wrong[0].join('.')} must be ${wrong[1]}`;
  return settings.target === undefined ? undefined : 'target is for each application to say';
}

function valueAt(settings: Settings, path: readonly string[]): unknown {
  let value: Settings[string] | undefined = settings;
  for (const key of path) value = value !== undefined && isSettings(value) ? value[key] : undefined;
  return value;
}

/** The rings that know zones by a configuration. */
function zonesIn(settings: Settings): readonly ZoneRing[] | undefined {
  const isAware = (ring: ZoneRing) => {
    const section = ring.replace('-', '_');
    const name = ring === 'ingester' ? 'ring' : 'sharding_ring';
    return valueAt(settings, [section, name, 'zone_awareness_enabled']) === true;
  };
  const found = ZONE_RINGS.filter(isAware);
  return found.length === 0 ? undefined : found;
}

/** The one that leads has decided all but what these units do. */
export function planJoined(inputs: Inputs, joined: Joined): Plan {
  const wanted =
    joined.kind === 'ready' && joinedTrouble(inputs, joined) === undefined
      ? joinedWanted(inputs, joined)
      : undefined;
  const { peers, bucket } = planDatabags(inputs, { kind: 'hold', reason: { kind: 'leader-decides' } });
  // Should it leave the cluster, it must not take its own disk for the place of the metrics.
  // Nor must copies be looked for in other places than they are.
  const agreement =
    wanted === undefined || joined.kind !== 'ready'
      ? peers.agreement
      : {
          ...peers.agreement,
          replicationFactor: joined.configuration.replicationFactor,
          zoneAware: zonesIn(joined.configuration.settings),
        };
  return {
    place: 'joined',
    gateway: false,
    workload: planWorkload(inputs, wanted),
    databags: { peers: { ...peers, agreement }, bucket },
    ports: [HTTP_PORT],
    alertmanager: undefined,
    statuses: joinedStatuses(inputs, joined),
  };
}

/**
 * Roles are given up when the application that leads has seen that all are one Mimir without them: nobody else may have
 * them. One that tells nothing of roles is older than this.
 */
export function waitsForWord(
  inputs: Pick<Inputs, 'options' | 'container'>,
  { role }: Pick<ClusterConfiguration, 'role'>,
): boolean {
  const roles = ownRoles(inputs);
  const isSeen = role === undefined || role === roleText(roles);
  return !isSeen && runningComponents(inputs).some((component) => !roles.includes(component));
}

/** @param joined what the application that leads has said. */
function joinedWanted(
  inputs: Pick<Inputs, 'options' | 'container'>,
  joined: { readonly configuration: ClusterConfiguration; readonly credentials?: Credentials },
): Wanted | undefined {
  const roles = componentsOf(inputs.options.roles);
  if (roles === undefined) return undefined;
  const { configuration, credentials } = joined;
  const components = waitsForWord(inputs, configuration) ? runningComponents(inputs) : roles;
  const storage = storageOf(configuration.settings);
  const { endpoint, insecure } = storage ?? {};
  return {
    components,
    config: credentials === undefined ? configuration.settings : filled(configuration.settings, credentials),
    storageAuthorities: configuration.storageAuthorities ?? '',
    trusted: configuration.trusted,
    bucket: typeof endpoint === 'string' ? endpointOf(endpoint, insecure === true) : undefined,
  };
}

/** What is wrong with it; undefined when the unit runs as it was told. */
function joinedTrouble(inputs: Inputs, joined: Joined): Status | undefined {
  const { app, options } = inputs;
  const held = inputs.container.lastGood === undefined ? '' : '; the last good configuration stays in use';
  if (componentsOf(options.roles) === undefined)
    return optionStatus(
      [{ option: 'roles', value: options.roles.slice(0, 40), allowed: ROLES_ALLOWED }],
      held,
    );
  if (leadsCluster(inputs)) {
    return blocked(
      `[join-cluster] an application that others have joined cannot join another one: remove the relations of ${app}:mimir-cluster or of ${app}:join-cluster${held}`,
    );
  }
  switch (joined.kind) {
    case 'several':
      return blocked(
        `[join-cluster] joined to ${joined.apps.join(' and ')}: juju remove-relation ${app}:join-cluster ${joined.apps.at(-1)}:mimir-cluster${held}`,
      );
    case 'waiting': {
      const what = joined.unreadable
        ? `the secret of ${joined.app} is not there, or not granted to ${app}`
        : `${joined.app} has not given a configuration yet`;
      return waiting(`[join-cluster] ${what} (${joined.relation}): see juju status ${joined.app}${held}`);
    }
    case 'other-format':
      return blocked(
        `[join-cluster] the charm of ${joined.app} (${joined.relation}) is another version, format ${joined.format}: juju refresh ${joined.app}, and ${app}${held}`,
      );
    case 'invalid': {
      const list = joined.problems.map(({ key, problem }) => `key "${key}" ${problem}`);
      return blocked(`[join-cluster] data of ${joined.app} (${joined.relation}): ${list.join('; ')}${held}`);
    }
    case 'ready':
      return undefined;
  }
}

function joinedStatuses(inputs: Inputs, joined: Joined): readonly Status[] {
  const trouble = joinedTrouble(inputs, joined);
  return [
    ...(trouble === undefined ? [] : [trouble]),
    ...blockedStatuses(joined),
    ...roleStatuses(inputs, joined),
    ...queryStatuses(inputs, joined),
    ...limitsStatuses(inputs, joined),
    ...placeStatuses(inputs),
    ...certificateStatuses(inputs),
    ...strangerStatuses(inputs, joined),
    ...turnStatuses(inputs),
    ...inputs.neighbourProblems.map(notUsed),
    remark(inputs, joined),
  ];
}

/** Mimir serves meanwhile, on what the one that leads said last. */
function blockedStatuses(joined: Joined): readonly Status[] {
  if (joined.kind !== 'ready' || joined.blocked === undefined) return [];
  const { app, relation } = joined;
  return [
    waiting(
      `[join-cluster] ${app} is blocked (${relation}): see juju status ${app}; its last configuration stays in use`,
    ),
  ];
}

function roleStatuses(inputs: Inputs, joined: Joined): readonly Status[] {
  if (joined.kind !== 'ready' || !waitsForWord(inputs, joined.configuration)) return [];
  const { app, relation } = joined;
  return [
    waiting(
      `[join-cluster] the roles are as before until ${app} has seen that none is missing then (${relation})`,
    ),
  ];
}

/** Mimir itself says that it is ready, and lets queries wait. */
function queryStatuses({ options }: Inputs, joined: Joined): readonly Status[] {
  if (joined.kind !== 'ready' || joined.answersAlone === undefined) return [];
  const roles = ownRoles({ options });
  if (!roles.includes('query-frontend') && !roles.includes('querier')) return [];
  const { app, relation } = joined;
  return [
    waiting(
      `[join-cluster] no queries before the query schedulers of ${app} come into the ring, at its next update-status (${relation})`,
    ),
  ];
}

/** The units of the cluster speak TLS, and this one has nothing to show. */
function strangerStatuses({ app, authorities, neighbours }: Inputs, joined: Joined): readonly Status[] {
  if (joined.kind !== 'ready' || authorities === undefined || neighbours.certificates !== undefined)
    return [];
  return [
    blocked(
      `[join-cluster] the units of ${joined.app} speak TLS: juju integrate ${app}:certificates with the provider that signs theirs`,
    ),
  ];
}

/** All else of the configuration is in use. */
function limitsStatuses({ tenantLimits }: Inputs, joined: Joined): readonly Status[] {
  if (joined.kind !== 'ready' || tenantLimits?.kind !== 'wrong') return [];
  const { app, relation } = joined;
  return [blocked(`[join-cluster] data of ${app} (${relation}): key "tenant_limits" ${tenantLimits.reason}`)];
}

/** What the operator may believe to have an effect. */
function remark({ options, neighbours, app }: Inputs, joined: Joined): Status {
  const leader = 'app' in joined ? joined.app : 'the one that leads';
  const { idle } = neighbours;
  if (idle !== undefined && (idle.endpoints.length > 0 || idle.options.length > 0)) {
    const list = [...idle.endpoints, ...idle.options].join(', ');
    return active(`[join-cluster] no effect here, only on ${leader}: ${list}`);
  }
  return ownRoles({ options }).length === 0
    ? active(`[roles] none: ${app} does nothing for ${leader}`)
    : active('');
}
