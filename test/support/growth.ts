/**
 * Mimir's charm as its surroundings grow: what one hook asks of Juju, and what it leaves in databags. In process, where
 * each call of a hook tool is what a process is on a unit.
 */
import {
  context,
  type EventInput,
  findRelation,
  type Outcome,
  peerRelation,
  type RelationState,
  relation,
  type State,
  stateOf,
} from 'charmwright/testing';
import { mimir as charm } from '../../charm/charm.ts';
import type { Spec } from '../../charm/generated.ts';
import { endpointsHost } from '../../charm/plan/urls.ts';
import { gateway, image, MODEL, S3_SECRET, s3, world } from './mimir-world.ts';
import { UNIT_AUTHORITY } from './unit-certificate.ts';

/** As on a unit. */
const mimir = context(charm, { remembersRemoteData: true });
/** The relation in which units become many, where they do. */
const PEERS_OR_MEMBERS = 1;
/** Of the first relation of those that are counted. */
const FIRST = 100;
/** Dispatches after which a world has come to rest. */
const RESTS_AFTER = 2;

/** Surroundings in so many pieces, and what happens there. */
export interface Growing {
  readonly what: string;
  world(host: string, count: number): State;
  /** By name; each happens in the world at rest. */
  readonly events: Readonly<Record<string, (world: State) => readonly [EventInput<Spec>, State]>>;
}

export interface HookCost {
  readonly processes: number;
  /** In process: without the time of the processes that the hook tools are. */
  readonly milliseconds: number;
}

export interface Grown {
  readonly count: number;
  /** By the name of the event. */
  readonly hooks: Readonly<Record<string, HookCost>>;
  /** Bytes in all databags that the unit has written. */
  readonly written: number;
  /** Bytes of the largest of them. */
  readonly largest: number;
  /** Bytes that the unit keeps in Juju's charm state. */
  readonly kept: number;
}

/** In the option tenant-limits. */
const LIMITS = '{anonymous: {ingestion_rate: 50000}}';

const quiet = (world: State) => ['update-status', world] as const;

/** A unit's bag among its peers. */
function peersOf(count: number, certified: boolean): RelationState {
  const ca = certified ? { 'tls-ca': UNIT_AUTHORITY } : {};
  const host = endpointsHost({
    app: charm.spec.name,
    model: MODEL,
    address: { ip: undefined, fqdn: 'x.y.svc.cluster.local' },
  });
  const units = Array.from({ length: count - 1 }, (_, i) => [
    i + 1,
    { hostname: `${charm.spec.name}-${i + 1}.${host}`, ...ca },
  ]);
  return peerRelation('mimir-peers', { id: PEERS_OR_MEMBERS, units: Object.fromEntries(units) });
}

/** The leader of so many units, on object storage, with one sender and one reader of metrics. */
function unitsWorld(host: string, count: number, certified = false): State {
  const relations = [
    peersOf(count, certified),
    s3(host),
    relation('receive-remote-write', { id: FIRST }),
    relation('grafana-source', { id: FIRST + 1 }),
    ...(certified ? [relation('certificates', { id: 9 })] : []),
  ];
  return world(host, { relations, plannedUnits: count, secrets: [S3_SECRET] });
}

/** The only unit of an application that runs no Mimir itself and leads a cluster with so many ingesters. */
function clusterWorld(host: string, count: number): State {
  const member = (id: number, app: string, role: string, units: number, first: number) =>
    relation('mimir-cluster', {
      id,
      remoteApp: app,
      remoteAppData: { role: JSON.stringify(role), planned_units: String(units) },
      // Numbered as peers are, so that the events are the same.
      remoteUnits: Object.fromEntries(
        Array.from({ length: units }, (_, i) => [
          first + i,
          {
            address: `"${app}-${i}.${app}-endpoints.cos.svc.cluster.local"`,
            ip: `"10.1.${id}.${i}"`,
          },
        ]),
      ),
    });
  return world(host, {
    config: { roles: 'none' },
    containers: [image(), gateway()],
    relations: [
      peerRelation('mimir-peers', { id: 2 }),
      s3(host),
      relation('receive-remote-write', { id: FIRST }),
      member(PEERS_OR_MEMBERS, 'write', 'write', count, 0),
      member(8, 'read', 'read', 2, 0),
      member(9, 'backend', 'backend', 1, 0),
    ],
    secrets: [S3_SECRET],
  });
}

/** The only unit, with so many relations of one endpoint. */
function relationsWorld(endpoint: string, host: string, count: number): State {
  const related = Array.from({ length: count }, (_, i) =>
    relation(endpoint, { id: FIRST + i, remoteApp: `other${i}` }),
  );
  return world(host, {
    relations: [peerRelation('mimir-peers', { id: PEERS_OR_MEMBERS }), s3(host), ...related],
    secrets: [S3_SECRET],
  });
}

const peerChanged = (world: State) => {
  const [first] = Object.keys(findRelation(world, PEERS_OR_MEMBERS).remoteUnits);
  const told = { kind: 'relation-changed', relation: PEERS_OR_MEMBERS } as const;
  // Of a unit alone the application is all that can change.
  return [first === undefined ? told : { ...told, remoteUnit: Number(first) }, world] as const;
};
const optionChanged = (world: State) =>
  ['config-changed', { ...world, config: { ...world.config, 'tenant-limits': LIMITS } }] as const;
const restarting = (world: State) =>
  ['config-changed', { ...world, config: { ...world.config, 'ingestion-rate': 20_000 } }] as const;
const oneChanged = (world: State) => [{ kind: 'relation-changed', relation: FIRST }, world] as const;
/** An option of which all those at the other ends are told. */
const published = (option: 'ha-tracker' | 'multitenancy') => (world: State) =>
  ['config-changed', { ...world, config: { [option]: true } }] as const;

export const UNITS: Growing = {
  what: 'units',
  world: unitsWorld,
  events: { 'update-status': quiet, "another unit's data": peerChanged, 'limits of a tenant': optionChanged },
};
/** Its leader has decided on the number of copies before: nothing more is to be read of the others until a restart. */
function decidedWorld(host: string, count: number): State {
  const { relations, ...rest } = unitsWorld(host, count);
  const localAppData = { 'replication-factor': '3' };
  return {
    ...rest,
    relations: relations.map((each) => (each.id === PEERS_OR_MEMBERS ? { ...each, localAppData } : each)),
  };
}

/** Slow: the other Mimirs, which nobody plays here, are waited for. */
export const RESTARTED_UNITS: Growing = {
  what: 'units of which one restarts',
  world: decidedWorld,
  events: { 'an option': restarting },
};
export const CERTIFIED_UNITS: Growing = {
  what: 'units that have certificates',
  world: (host, count) => unitsWorld(host, count, true),
  events: { 'update-status': quiet, "another unit's data": peerChanged, 'limits of a tenant': optionChanged },
};
export const CLUSTER: Growing = {
  what: 'units that have joined a cluster',
  world: clusterWorld,
  events: { 'update-status': quiet, "another unit's data": peerChanged, 'limits of a tenant': optionChanged },
};
export const SENDERS: Growing = {
  what: 'relations of receive-remote-write',
  world: (host, count) => relationsWorld('receive-remote-write', host, count),
  events: {
    'update-status': quiet,
    "one sender's data": oneChanged,
    'an option that all are told': published('ha-tracker'),
  },
};
export const GRAFANAS: Growing = {
  what: 'relations of grafana-source',
  world: (host, count) => relationsWorld('grafana-source', host, count),
  events: {
    'update-status': quiet,
    "one Grafana's data": oneChanged,
    'an option that all are told': published('multitenancy'),
  },
};

/** @param host where a FakeMimir stands. @param rounds of each event; the time is the shortest. */
export async function grown(growing: Growing, host: string, count: number, rounds = 1): Promise<Grown> {
  let rested: Outcome = await mimir.run('config-changed', growing.world(host, count));
  for (let i = 0; i < RESTS_AFTER; i++) rested = await mimir.run('update-status', stateOf(rested));
  const hooks: Record<string, HookCost> = {};
  for (const [name, event] of Object.entries(growing.events)) {
    const times: number[] = [];
    let processes = 0;
    for (let round = 0; round < rounds; round++) {
      const [input, before] = event(stateOf(rested));
      const begun = performance.now();
      processes = (await mimir.run(input, before)).hookTools.length;
      times.push(performance.now() - begun);
    }
    hooks[name] = { processes, milliseconds: Math.min(...times) };
  }
  const bags = rested.relations.flatMap(({ localAppData, localUnitData }) => [localAppData, localUnitData]);
  const sizes = bags.map(bytesOf);
  return {
    count,
    hooks,
    written: sizes.reduce((sum, size) => sum + size, 0),
    largest: Math.max(...sizes),
    kept: bytesOf(rested.memory),
  };
}

/**
 * Processes of one unit's hooks while units become so many, one after the other: of its own application, or of one that
 * has joined its cluster.
 */
export async function joined(growing: Growing, host: string, count: number): Promise<number> {
  let processes = 0;
  let state = stateOf(await mimir.run('config-changed', growing.world(host, 1)));
  for (let units = 2; units <= count; units++) {
    const { remoteUnits } = findRelation(growing.world(host, units), PEERS_OR_MEMBERS);
    const relations = state.relations.map((each) =>
      each.id === PEERS_OR_MEMBERS ? { ...each, remoteUnits } : each,
    );
    state = { ...state, relations, ...(growing === CLUSTER ? {} : { plannedUnits: count }) };
    for (const kind of ['relation-joined', 'relation-changed'] as const) {
      const remoteUnit = units - 1;
      const after = await mimir.run({ kind, relation: PEERS_OR_MEMBERS, remoteUnit }, state);
      processes += after.hookTools.length;
      state = stateOf(after);
    }
  }
  return processes;
}

function bytesOf(bag: Readonly<Record<string, string>>): number {
  return Object.entries(bag).reduce((sum, [key, value]) => sum + Buffer.byteLength(key + value), 0);
}
