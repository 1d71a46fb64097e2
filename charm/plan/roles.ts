/** What a unit of this application does: Mimir's components, and names for sets of them that Mimir 3 knows no more. */

/** Mimir's own names. */
export const COMPONENTS = [
  'alertmanager',
  'compactor',
  'distributor',
  'ingester',
  'overrides-exporter',
  'querier',
  'query-frontend',
  'query-scheduler',
  'ruler',
  'store-gateway',
] as const;
export type Component = (typeof COMPONENTS)[number];

/** The names of sets are Mimir 2's and those of Canonical's worker charm. */
const META_ROLES: Readonly<Record<string, readonly Component[]>> = {
  all: COMPONENTS,
  backend: ['alertmanager', 'compactor', 'overrides-exporter', 'query-scheduler', 'ruler', 'store-gateway'],
  read: ['querier', 'query-frontend'],
  write: ['distributor', 'ingester'],
};
/** Runs nothing of Mimir: the application coordinates others, and routes requests to them. */
const NONE = 'none';

export const ROLES_ALLOWED = `none, or any of ${[...Object.keys(META_ROLES), ...COMPONENTS].join(', ')}`;

/** Without these nothing is stored, or nothing is found again. Canonical's set, and what Mimir 3 needs besides. */
const MINIMAL: readonly Component[] = COMPONENTS.filter(
  (component) => component !== 'alertmanager' && component !== 'overrides-exporter',
);

/** Units of each from which on one of them may fail, as Canonical's coordinator recommends them. */
const RECOMMENDED: Readonly<Partial<Record<Component, number>>> = {
  alertmanager: 1,
  compactor: 1,
  distributor: 1,
  ingester: 3,
  querier: 2,
  'query-frontend': 1,
  'query-scheduler': 2,
  ruler: 1,
  'store-gateway': 1,
};

/**
 * The components of a list of roles, in the order of {@link COMPONENTS}, each once; none for `none`. Undefined when
 * a word is no role, or there is no word.
 */
export function componentsOf(text: string): readonly Component[] | undefined {
  const words = text.split(/[\s,]+/).filter((word) => word !== '');
  if (words.length === 1 && words[0] === NONE) return [];
  const found = words.map((word) =>
    Object.hasOwn(META_ROLES, word) ? META_ROLES[word] : COMPONENTS.filter((component) => component === word),
  );
  if (found.length === 0 || found.some((each) => each === undefined || each.length === 0)) return undefined;
  const all = new Set(found.flatMap((each) => each ?? []));
  return COMPONENTS.filter((component) => all.has(component));
}

/** As applications of a cluster tell each other of them. */
export function roleText(components: readonly Component[]): string {
  return components.join(',') || NONE;
}

/** Mimir's own `target`. */
export function targetOf(components: readonly Component[]): string {
  // Mimir's "all" is its one-process mode. It leaves out the Alertmanager, and the metrics that tell tenants' limits.
  return components.length === COMPONENTS.length
    ? 'all,alertmanager,overrides-exporter'
    : components.join(',');
}

/** The components of a target of ours. */
export function componentsOfTarget(target: string): readonly Component[] {
  return componentsOf(target) ?? [];
}

/** How many units have each component. */
export type Counts = Readonly<Record<Component, number>>;

export function countRoles(
  applications: readonly { readonly roles: readonly Component[]; readonly units: number }[],
): Counts {
  const count = (component: Component) =>
    applications.filter(({ roles }) => roles.includes(component)).reduce((sum, { units }) => sum + units, 0);
  return byComponent(count);
}

/** Components that a Mimir cannot do without, and that nobody has. */
export function missingRoles(counts: Counts): readonly Component[] {
  return MINIMAL.filter((component) => counts[component] === 0);
}

/** Components with fewer units than recommended. */
export function scarceRoles(
  counts: Counts,
): readonly { readonly component: Component; readonly units: number; readonly recommended: number }[] {
  return COMPONENTS.flatMap((component) => {
    const recommended = RECOMMENDED[component] ?? 0;
    const units = counts[component];
    return units < recommended ? [{ component, units, recommended }] : [];
  });
}

/** A value for each component. */
export function byComponent<T>(value: (component: Component) => T): Readonly<Record<Component, T>> {
  return {
    alertmanager: value('alertmanager'),
    compactor: value('compactor'),
    distributor: value('distributor'),
    ingester: value('ingester'),
    'overrides-exporter': value('overrides-exporter'),
    querier: value('querier'),
    'query-frontend': value('query-frontend'),
    'query-scheduler': value('query-scheduler'),
    ruler: value('ruler'),
    'store-gateway': value('store-gateway'),
  };
}
