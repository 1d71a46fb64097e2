/** A cluster of several applications, as the one that leads it sees it: who they are, and who does what. */
import { compareTexts } from '../text.ts';
import type { Inputs } from './inputs.ts';
import type { Member, UnitAddress } from './members.ts';
import {
  byComponent,
  COMPONENTS,
  type Component,
  type Counts,
  componentsOf,
  countRoles,
  missingRoles,
} from './roles.ts';
import { runningComponents, runsInRing } from './running.ts';

/** The units that run each component, those of this application among them. In a stable order. */
export type ClusterAddresses = Readonly<Record<Component, readonly UnitAddress[]>>;

type Seen = Pick<
  Inputs,
  'unit' | 'options' | 'address' | 'neighbours' | 'agreement' | 'plannedUnits' | 'container'
>;

/**
 * Where each component is served, as nginx, or anybody else who sends requests to it, must know it. While a role is missing
 * all run on as they were.
 */
export function clusterAddresses(inputs: Seen): ClusterAddresses {
  const { members = [], ownUnits = [] } = inputs.neighbours;
  const isMissing = clusterTrouble(inputs)?.kind === 'missing';
  const { silent } = inputs.neighbours;
  const own = {
    unit: inputs.unit,
    host: inputs.address.fqdn,
    ip: inputs.address.ip,
    ...(silent && { silent }),
  };
  const running = isMissing ? runningComponents(inputs) : [];
  const ownComponents = running.length > 0 ? running : ownRoles(inputs);
  const ours = { roles: ownComponents, units: [own, ...ownUnits] };
  const applications = [
    ours,
    ...members.flatMap(({ roles, units }) =>
      units.map((unit) => ({ roles: (isMissing ? unit.runs : undefined) ?? roles, units: [unit] })),
    ),
  ];
  // Also of what it is to give away, and still has.
  const whole = answersAlone(inputs) ? [{ ...ours, roles: COMPONENTS }] : undefined;
  return byComponent((component) =>
    (component === 'query-frontend' ? (whole ?? applications) : applications)
      .filter(({ roles }) => roles.includes(component))
      .flatMap(({ units }) => units)
      .map(({ unit, host, ip, silent: isSilent }) => ({
        unit,
        host,
        ip,
        ...(isSilent && { silent: isSilent }),
      }))
      .toSorted((a, b) => compareTexts(a.host, b.host)),
  );
}

/** Whether other applications have joined this one: it is then what all of them are addressed by. */
export function leadsCluster({ neighbours }: Pick<Inputs, 'neighbours'>): boolean {
  return (neighbours.members ?? []).length > 0;
}

/**
 * Whether queries of others wait for the schedulers of this whole Mimir, which are not yet where those look for them. Their
 * frontends say all the same that they are ready.
 */
export function answersAlone(inputs: Pick<Inputs, 'neighbours' | 'container'>): boolean {
  const isWhole = runningComponents(inputs).length === COMPONENTS.length;
  return isWhole && needsSchedulers(inputs) && !runsInRing(inputs);
}

/** Whether others have queries, and have not all that these need. Who has not said its roles yet may bring the rest. */
export function needsSchedulers({ neighbours: { members = [] } }: Pick<Inputs, 'neighbours'>): boolean {
  const staying = members.filter(({ plannedUnits }) => plannedUnits > 0);
  if (members.some(({ roles, plannedUnits }) => roles.length === 0 && plannedUnits === 0)) return false;
  const have = (component: Component) => staying.some(({ roles }) => roles.includes(component));
  const [ask, answer] = [have('query-frontend'), have('querier')];
  return (ask || answer) && !(ask && answer && have('query-scheduler'));
}

/**
 * Whether nginx stands before this application: before a cluster, to find the component; and before a whole Mimir while
 * somebody writes who cannot name a tenant, to name one.
 */
export function hasGateway({ neighbours, options }: Pick<Inputs, 'neighbours' | 'options'>): boolean {
  if (neighbours.joined !== undefined) return false;
  return leadsCluster({ neighbours }) || (options.multitenancy && (neighbours.senders ?? []).length > 0);
}

/** What this application's own units do. */
export function ownRoles({ options }: Pick<Inputs, 'options'>): readonly Component[] {
  return componentsOf(options.roles) ?? [];
}

/** Units of all applications, as planned. */
export function clusterUnits({
  plannedUnits,
  neighbours,
}: Pick<Inputs, 'plannedUnits' | 'neighbours'>): number {
  return (neighbours.members ?? []).reduce((sum, member) => sum + memberUnits(member), plannedUnits);
}

/** Units of each component in the whole cluster, as planned. */
export function clusterCounts(inputs: Pick<Inputs, 'options' | 'plannedUnits' | 'neighbours'>): Counts {
  const { members = [] } = inputs.neighbours;
  return countRoles([
    { roles: ownRoles(inputs), units: inputs.plannedUnits },
    ...members.map((member) => ({ roles: member.roles, units: memberUnits(member) })),
  ]);
}

function memberUnits({ plannedUnits, units }: Member): number {
  return Math.max(plannedUnits, units.length);
}

/** What keeps the applications from being one Mimir. */
export type ClusterTrouble =
  /** It runs nothing, and leads nobody. */
  | { readonly kind: 'nobody' }
  /** It is no whole Mimir alone. */
  | { readonly kind: 'alone'; readonly missing: readonly Component[] }
  | { readonly kind: 'missing'; readonly missing: readonly Component[] };

export function clusterTrouble(
  inputs: Pick<Inputs, 'options' | 'plannedUnits' | 'neighbours'>,
): ClusterTrouble | undefined {
  const leads = leadsCluster(inputs);
  if (!leads && ownRoles(inputs).length === 0) return { kind: 'nobody' };
  const missing = missingRoles(clusterCounts(inputs));
  if (missing.length === 0) return undefined;
  return { kind: leads ? 'missing' : 'alone', missing };
}
