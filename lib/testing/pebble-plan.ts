/** Layers on layers, as Pebble combines them (its layer specification). Pure. */
import type { Layer, Plan } from '../pebble/layer.ts';

const SECTIONS = ['services', 'checks', 'log-targets'] as const;

type Section = (typeof SECTIONS)[number];
type Entry = Readonly<Record<string, unknown>>;

/** The plan of these layers, the lowest first. */
export function mergeLayers(layers: readonly Layer[]): Plan {
  const merged = mergeSections(layers);
  const checks = Object.entries(merged.checks ?? {}).map(([name, check]) => [
    name,
    { threshold: 3, ...check },
  ]);
  return { services: {}, 'log-targets': {}, ...merged, checks: Object.fromEntries(checks) };
}

/** What a label holds after another layer was combined into it. */
export function combineLayers(below: Layer, above: Layer): Layer {
  const { summary = below.summary, description = below.description } = above;
  return {
    ...(summary === undefined ? {} : { summary }),
    ...(description === undefined ? {} : { description }),
    ...mergeSections([below, above]),
  };
}

function mergeSections(layers: readonly Layer[]): Pick<Layer, Section> {
  const merged: { [S in Section]: Map<string, Entry> } = {
    services: new Map(),
    checks: new Map(),
    'log-targets': new Map(),
  };
  for (const layer of layers) {
    for (const section of SECTIONS) {
      for (const [name, entry] of Object.entries(layer[section] ?? {})) {
        const below = merged[section].get(name);
        merged[section].set(
          name,
          below === undefined || entry.override === 'replace'
            ? { ...entry }
            : mergeEntry(below, { ...entry }),
        );
      }
    }
  }
  const sections = SECTIONS.map((section) => [section, Object.fromEntries(merged[section])] as const);
  return Object.fromEntries(sections.filter(([, entries]) => Object.keys(entries).length > 0));
}

/** Lists grow, maps are merged, the rest is replaced; `override` stays that of the lowest. */
function mergeEntry(below: Entry, above: Entry): Entry {
  const merged: Record<string, unknown> = { ...below };
  for (const [key, value] of Object.entries(above)) {
    if (key !== 'override' && value !== undefined) merged[key] = mergeValue(merged[key], value);
  }
  return merged;
}

function mergeValue(below: unknown, above: unknown): unknown {
  if (Array.isArray(below) && Array.isArray(above)) return [...below, ...above];
  if (isMap(below) && isMap(above)) return { ...below, ...above };
  return above;
}

function isMap(value: unknown): value is Entry {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Why Pebble would refuse the layer, in its words; undefined when it would not. */
export function layerProblem(label: string, layer: Layer, plan: Plan): string | undefined {
  for (const section of SECTIONS) {
    for (const [name, entry] of Object.entries(layer[section] ?? {})) {
      if (entry.override === undefined) {
        return `layer "${label}" must define "override" for ${section.slice(0, -1)} "${name}"`;
      }
    }
  }
  for (const [name, service] of Object.entries(plan.services)) {
    if (service.command === undefined) return `plan must define "command" for service "${name}"`;
    const missing = [...(service.requires ?? [])].find((other) => plan.services[other] === undefined);
    if (missing !== undefined) return `service "${missing}" does not exist`;
  }
  for (const [name, check] of Object.entries(plan.checks)) {
    const kinds = [check.http, check.tcp, check.exec].filter((kind) => kind !== undefined);
    if (kinds.length !== 1) return `plan must specify one of "http", "tcp", or "exec" for check "${name}"`;
  }
  return undefined;
}
