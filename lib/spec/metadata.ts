/** metadata.yaml: its shape, and the rules of Juju that bind one part of it to another. */
import * as z from 'zod';
import type { Assumption, Assumptions, CharmLinks, CharmMeta } from './meta.ts';
import type { Faults, Section, Tell } from './read-yaml.ts';
import { readSection } from './read-yaml.ts';
import { compact, mapValues } from './records.ts';
import type { EndpointSpec, Role, StorageSpec } from './spec.ts';

const CHARM_NAME = /^[a-z][a-z0-9]*(-[a-z0-9]*[a-z][a-z0-9]*)*$/;

const map = <T extends z.ZodType>(value: T) => z.record(z.string(), value);
const oneOrMore = z.union(
  [z.string().transform((text) => [text]), z.array(z.string())],
  'must be text or a list of texts',
);

/** `database: postgresql` is short for `database: { interface: postgresql }`. */
const endpoint = z.preprocess(
  (value) => (typeof value === 'string' ? { interface: value } : value),
  z.object({
    interface: z.string(),
    limit: z.int().nullish(),
    optional: z.boolean().optional(),
    scope: z.enum(['global', 'container']).optional(),
    description: z.string().optional(),
  }),
);

const container = z.object({
  resource: z.string().optional(),
  bases: z
    .array(z.object({ name: z.string(), channel: z.string(), architectures: z.array(z.string()) }))
    .optional(),
  mounts: z.array(z.object({ storage: z.string(), location: z.string() })).optional(),
  uid: z.int().optional(),
  gid: z.int().optional(),
});

const storage = z.object({
  type: z.enum(['filesystem', 'block']),
  description: z.string().optional(),
  location: z.string().optional(),
  shared: z.boolean().optional(),
  'read-only': z.boolean().optional(),
  'minimum-size': z
    .string()
    .regex(/^\d+(\.\d+)?([MGTPEZY](i?B)?)?$/, 'must be a number with a unit, such as 1G')
    .optional(),
  multiple: z.object({ range: z.union([z.int(), z.string()], 'must be N, N-M or N+') }).optional(),
  properties: z.array(z.literal('transient')).optional(),
});

const resource = z.object({
  type: z.enum(['oci-image', 'file']).default('file'),
  filename: z.string().optional(),
  description: z.string().optional(),
  'upstream-source': z.string().optional(),
});

const device = z.object({
  type: z.string(),
  description: z.string().optional(),
  countmin: z.int().min(0, 'must be 0 or more').optional(),
  countmax: z.int().min(0, 'must be 0 or more').optional(),
});

const shape = z.object({
  name: z
    .string()
    .regex(CHARM_NAME, 'is not a charm name Juju accepts: write lower-case letters, digits and hyphens'),
  'display-name': z.string().optional(),
  // Juju needs both; the packer insists on them. A charm that is only tested has no reader yet.
  summary: z.string().default(''),
  description: z.string().default(''),
  maintainer: z.string().optional(),
  maintainers: z.array(z.string()).optional(),
  website: oneOrMore.optional(),
  source: oneOrMore.optional(),
  issues: oneOrMore.optional(),
  docs: z.string().optional(),
  tags: z.array(z.string()).optional(),
  terms: z.array(z.string()).optional(),
  series: z.array(z.string()).optional(),
  subordinate: z.boolean().optional(),
  'min-juju-version': z.string().optional(),
  assumes: z.array(z.unknown()).optional(),
  'charm-user': z.enum(['root', 'sudoer', 'non-root']).optional(),
  provides: map(endpoint).optional(),
  requires: map(endpoint).optional(),
  peers: map(endpoint).optional(),
  'extra-bindings': map(z.null('takes no value: a binding is only a name')).optional(),
  containers: map(container).optional(),
  storage: map(storage).optional(),
  resources: map(resource).optional(),
  devices: map(device).optional(),
  payloads: map(z.object({ type: z.string() })).optional(),
});
type Yaml = z.output<typeof shape>;

/** Undefined after a fault of the shape; the rules are looked at only when the shape is right. */
export function readMetadata(
  section: Section,
  faults: Faults,
): Omit<CharmMeta, 'config' | 'actions'> | undefined {
  const yaml = readSection(section, shape, faults);
  if (yaml === undefined) return undefined;
  const tell = faults.of(section);
  checkFormat(yaml, tell);
  checkEndpoints(yaml, tell);
  checkContainers(yaml, tell);
  checkStorage(yaml, tell);
  checkOthers(yaml, tell);
  return {
    name: yaml.name,
    ...compact({ displayName: yaml['display-name'] }),
    summary: yaml.summary.trim(),
    description: yaml.description.trim(),
    maintainers: [...(yaml.maintainer === undefined ? [] : [yaml.maintainer]), ...(yaml.maintainers ?? [])],
    links: links(yaml),
    tags: yaml.tags ?? [],
    terms: yaml.terms ?? [],
    series: yaml.series ?? [],
    subordinate: yaml.subordinate ?? false,
    ...compact({ minJujuVersion: yaml['min-juju-version'] }),
    assumes: assumptions('all-of', yaml.assumes ?? [], ['assumes'], tell),
    charmUser: yaml['charm-user'] ?? 'root',
    endpoints: {
      ...endpoints('provides', yaml.provides),
      ...endpoints('requires', yaml.requires),
      ...endpoints('peer', yaml.peers),
    },
    extraBindings: Object.keys(yaml['extra-bindings'] ?? {}).sort(),
    containers: mapValues(yaml.containers, compact),
    storage: mapValues(yaml.storage, (it, name) => storageSpec(it, ['storage', name], tell)),
    resources: mapValues(yaml.resources, ({ type, filename, description, ...it }) => ({
      type,
      ...compact({ filename, description: description?.trim(), upstreamSource: it['upstream-source'] }),
    })),
    devices: mapValues(yaml.devices, ({ type, description, countmin = 1, countmax = 1 }) => ({
      type,
      ...compact({ description: description?.trim() }),
      count: { min: countmin, max: countmax },
    })),
    payloads: yaml.payloads ?? {},
  };
}

function links(yaml: Yaml): CharmLinks {
  return {
    websites: yaml.website ?? [],
    sources: yaml.source ?? [],
    issues: yaml.issues ?? [],
    ...compact({ documentation: yaml.docs }),
  };
}

function endpoints(role: Role, yaml: Yaml['provides']): Record<string, EndpointSpec> {
  return mapValues(yaml, ({ interface: name, limit, optional, scope, description }) => ({
    role,
    interface: name,
    ...compact({ limit: limit ?? undefined, optional, scope, description: description?.trim() }),
  }));
}

function storageSpec(yaml: z.output<typeof storage>, path: readonly string[], tell: Tell): StorageSpec {
  const { type, location, shared, properties, description, multiple } = yaml;
  return {
    type,
    ...compact({
      location,
      shared,
      readOnly: yaml['read-only'],
      minimumSize: yaml['minimum-size'],
      properties,
      description: description?.trim(),
    }),
    count: storageCount(multiple?.range, [...path, 'multiple', 'range'], tell),
  };
}

/** `N`, `N-M`, `N+` and `N-`, as Juju reads `multiple.range`. */
function storageCount(
  range: string | number | undefined,
  path: readonly string[],
  tell: Tell,
): StorageSpec['count'] {
  if (range === undefined) return { min: 1, max: 1 };
  const match = /^(\d+)(?:(-)(\d*)|(\+))?$/.exec(String(range));
  const min = Number(match?.[1]);
  const isOpen = match?.[4] !== undefined || match?.[3] === '';
  const max = isOpen ? null : Number(match?.[3] ?? min);
  if (match === null || max === 0 || (max !== null && max < min)) {
    tell(path, `"${range}" is not a range: write N, N-M or N+, with at most more than none`);
  } else if (typeof range === 'string' && match[2] === undefined && match[4] === undefined) {
    tell(path, `"${range}" is text, which Juju does not take for a number: write it without quotes`);
  }
  return { min, max };
}

const FEATURE = /^[a-z][a-z0-9-]*[a-z0-9](\s*(>=|<)\s*\d+(\.\d+)*(-[a-z]+\d+)?)?$/;

function assumptions(
  condition: Assumptions['condition'],
  list: readonly unknown[],
  path: readonly PropertyKey[],
  tell: Tell,
): Assumptions {
  const features = list.flatMap((item, i): Assumption[] => {
    if (typeof item === 'string' && FEATURE.test(item.trim())) return [item.trim()];
    const entries = typeof item === 'object' && item !== null ? Object.entries(item) : [];
    const [key, inner] = entries[0] ?? [];
    if (entries.length === 1 && (key === 'any-of' || key === 'all-of') && Array.isArray(inner)) {
      return [assumptions(key, inner, [...path, i, key], tell)];
    }
    tell([...path, i], `must be like "juju >= 3.6" or "k8s-api", or a list under any-of or all-of`);
    return [];
  });
  return { condition, features };
}

/** Metadata of the old format names series and a least Juju, today's containers and assumptions: never both. */
function checkFormat(yaml: Yaml, tell: Tell): void {
  const today = (['assumes', 'charm-user', 'containers'] as const).filter((key) => yaml[key] !== undefined);
  const old = (['series', 'min-juju-version'] as const).filter((key) => yaml[key] !== undefined);
  if (today.length === 0) return;
  for (const key of old) {
    const instead = key === 'series' ? 'the bases in manifest.yaml' : '"juju >= VERSION" in assumes';
    tell([key], `cannot stand beside ${today.join(' and ')}: ${instead} says it today`);
  }
}

const ROLES = ['provides', 'requires', 'peers'] as const;

function checkEndpoints(yaml: Yaml, tell: Tell): void {
  const seen = new Map<string, string>();
  for (const role of ROLES) {
    for (const [name, it] of Object.entries(yaml[role] ?? {})) {
      const other = seen.get(name);
      if (other !== undefined) tell([role, name], `is the name of an endpoint in ${other} already`);
      seen.set(name, role);
      const joinsItsPrincipal = yaml.subordinate === true && role === 'requires' && it.scope === 'container';
      if (isReserved(yaml.name, name) && !joinsItsPrincipal) tell([role, name], RESERVED);
      if (isReserved(yaml.name, it.interface) && role !== 'requires')
        tell([role, name, 'interface'], RESERVED);
    }
  }
  for (const name of Object.keys(yaml['extra-bindings'] ?? {})) {
    const other = seen.get(name);
    if (other !== undefined) tell(['extra-bindings', name], `is the name of an endpoint in ${other}`);
  }
  const bindings = yaml['extra-bindings'];
  if (bindings !== undefined && Object.keys(bindings).length === 0) {
    tell(['extra-bindings'], 'names no binding: leave the key out');
  }
  const principals = Object.values(yaml.requires ?? {}).filter(({ scope }) => scope === 'container');
  if (yaml.subordinate === true && principals.length === 0) {
    tell(
      ['subordinate'],
      'needs an endpoint in requires with "scope: container", by which it joins its principal',
    );
  }
}

/** What Juju says of the names `juju` and `juju-…`. */
export const RESERVED = 'is a name that Juju keeps for itself';

export function isReserved(charm: string, name: string): boolean {
  return !charm.startsWith('juju-') && (name === 'juju' || name.startsWith('juju-'));
}

function checkContainers(yaml: Yaml, tell: Tell): void {
  for (const [name, it] of Object.entries(yaml.containers ?? {})) {
    const path = ['containers', name];
    if (it.resource !== undefined) {
      const found = Object.hasOwn(yaml.resources ?? {}, it.resource)
        ? yaml.resources?.[it.resource]
        : undefined;
      if (found === undefined) tell([...path, 'resource'], `"${it.resource}" is not in resources`);
      else if (found.type !== 'oci-image')
        tell([...path, 'resource'], `"${it.resource}" is not of type oci-image`);
      if (it.bases !== undefined) tell([...path, 'bases'], 'cannot stand beside resource: give one of them');
    }
    for (const [i, mount] of (it.mounts ?? []).entries()) {
      if (Object.hasOwn(yaml.storage ?? {}, mount.storage)) continue;
      tell([...path, 'mounts', String(i), 'storage'], `"${mount.storage}" is not in storage`);
    }
    for (const key of ['uid', 'gid'] as const) {
      const id = it[key] ?? 0;
      if (id >= 1000 && id < 10_000)
        tell([...path, key], `${id} is one of 1000 to 9999, which Juju keeps for itself`);
    }
  }
}

function checkStorage(yaml: Yaml, tell: Tell): void {
  for (const [name, { type, location }] of Object.entries(yaml.storage ?? {})) {
    if (type === 'block' && location !== undefined) {
      tell(['storage', name, 'location'], 'only storage of type filesystem has a location');
    }
  }
}

function checkOthers(yaml: Yaml, tell: Tell): void {
  for (const [name, { type, filename }] of Object.entries(yaml.resources ?? {})) {
    if (type !== 'file') continue;
    if (filename === undefined)
      tell(['resources', name, 'filename'], 'is missing: under what name the file is kept');
    else if (filename.includes('/'))
      tell(['resources', name, 'filename'], `"${filename}" must be a name without "/"`);
  }
  for (const [name, { countmin = 1, countmax = 1 }] of Object.entries(yaml.devices ?? {})) {
    if (countmin > countmax)
      tell(['devices', name, 'countmin'], `${countmin} is more than countmax, ${countmax}`);
  }
}
