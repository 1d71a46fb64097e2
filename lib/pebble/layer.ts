/**
 * Layers and plans with exactly Pebble's keys, and the question a charm asks before it writes one: does the plan
 * already say this? (Field list and merge rules: Pebble's layer specification.)
 */
import { parseDuration } from './durations.ts';

/** What an entry does to one of the same name in the layers below it. */
export type Override = 'replace' | 'merge';
type Action = 'restart' | 'shutdown' | 'ignore';

/** A service, as a layer defines it. Keys are Pebble's own. */
export interface Service {
  readonly override: Override;
  readonly summary?: string;
  readonly description?: string;
  readonly startup?: 'enabled' | 'disabled';
  /** Required in the plan, so in at least one layer. Split as a shell would, but no shell runs it. */
  readonly command?: string;
  readonly after?: readonly string[];
  readonly before?: readonly string[];
  readonly requires?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly user?: string;
  readonly 'user-id'?: number;
  readonly group?: string;
  readonly 'group-id'?: number;
  readonly 'working-dir'?: string;
  readonly 'on-success'?: Action | 'failure-shutdown';
  readonly 'on-failure'?: Action | 'success-shutdown';
  readonly 'on-check-failure'?: Readonly<Record<string, Action | 'success-shutdown'>>;
  /** Durations are Go's: `500ms`, `1m30s`. */
  readonly 'backoff-delay'?: string;
  readonly 'backoff-factor'?: number;
  readonly 'backoff-limit'?: string;
  readonly 'kill-delay'?: string;
}

interface CheckCommon {
  readonly override: Override;
  readonly level?: 'alive' | 'ready';
  readonly startup?: 'enabled' | 'disabled';
  /** Go duration; 10s when absent. */
  readonly period?: string;
  /** Go duration; 3s when absent. */
  readonly timeout?: string;
  /** Failures in a row before the check is down; 3 when absent. */
  readonly threshold?: number;
}

/** Passes when a GET of the URL answers with a status below 400. */
export interface HttpCheck {
  readonly url?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Passes when the port takes a connection. */
export interface TcpCheck {
  readonly port?: number;
  readonly host?: string;
}

/** Passes when the command ends with exit code 0. */
export interface ExecCheck {
  readonly command?: string;
  readonly 'service-context'?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly user?: string;
  readonly 'user-id'?: number;
  readonly group?: string;
  readonly 'group-id'?: number;
  readonly 'working-dir'?: string;
}

/** In the plan a check has exactly one of `http`, `tcp` and `exec`. */
export interface Check extends CheckCommon {
  readonly http?: HttpCheck;
  readonly tcp?: TcpCheck;
  readonly exec?: ExecCheck;
}

/** Where Pebble forwards the logs of services to. */
export interface LogTarget {
  readonly override: Override;
  readonly type?: 'loki' | 'opentelemetry' | 'syslog';
  readonly location?: string;
  /** Service names, `all`, or either with `-` before it; the last that fits a service decides. */
  readonly services?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
}

/** What a charm adds to the plan of a container. */
export interface Layer {
  readonly summary?: string;
  readonly description?: string;
  readonly services?: Readonly<Record<string, Service>>;
  readonly checks?: Readonly<Record<string, Check>>;
  readonly 'log-targets'?: Readonly<Record<string, LogTarget>>;
}

/** The same keys with wider values: a plan is read, and a newer Pebble may know words that we do not. */
type Read<T> = T extends string
  ? string
  : T extends number | boolean | undefined
    ? T
    : T extends readonly (infer Item)[]
      ? readonly Read<Item>[]
      : { readonly [Key in keyof T]: Read<T[Key]> };

/** A service, as the plan shows it. */
export type PlanService = Read<Service>;
/** A check, as the plan shows it. */
export type PlanCheck = Read<Check>;
/** A log target, as the plan shows it. */
export type PlanLogTarget = Read<LogTarget>;

/** All layers combined, as Pebble sees them. */
export interface Plan {
  readonly services: Readonly<Record<string, PlanService>>;
  readonly checks: Readonly<Record<string, PlanCheck>>;
  readonly 'log-targets': Readonly<Record<string, PlanLogTarget>>;
}

const SECTIONS = ['services', 'checks', 'log-targets'] as const;

/** Keys whose values are durations: the plan shows `90s` as `1m30s`. */
const DURATIONS = new Set(['backoff-delay', 'backoff-limit', 'kill-delay', 'period', 'timeout']);

/** Pebble shows a check's threshold in the plan even when no layer sets it. */
const DEFAULT_THRESHOLD = 3;

type Plain = string | number | boolean | readonly Plain[] | { readonly [key: string]: Plain };

/**
 * The layer as the YAML text that Pebble reads, with sorted keys: equal layers give equal text. It is JSON, which
 * is YAML, so that no YAML library needs to be loaded and no long command is folded.
 */
export function layerYaml(layer: Layer): string {
  return `${JSON.stringify(sorted(layer), null, 2)}\n`;
}

/** Whether both ask for the same: order of keys, empty values and the spelling of durations do not count. */
export function layersEqual(a: Layer | Plan, b: Layer | Plan): boolean {
  return JSON.stringify(canonicalLayer(a)) === JSON.stringify(canonicalLayer(b));
}

/** The names of the wanted entries that the plan does not have as wanted. */
export interface LayerDifference {
  readonly services: readonly string[];
  readonly checks: readonly string[];
  readonly 'log-targets': readonly string[];
}

/**
 * What of a wanted layer the plan lacks. An entry with `override: replace` must be in the plan as it is; one with
 * `override: merge` must be contained in the plan's.
 *
 * An entry that is in the plan and not in the layer is no difference: a layer cannot take away what lies below it,
 * and combining with the same label does not take away either. To get rid of a service, stop it and give it
 * `startup: disabled`.
 */
export function layerDifference(wanted: Layer, plan: Plan): LayerDifference {
  const missing = (section: (typeof SECTIONS)[number]) =>
    Object.entries(wanted[section] ?? {})
      .filter(([name, entry]) => {
        const current = Object.hasOwn(plan[section], name) ? plan[section][name] : undefined;
        return !entryApplied(section, entry, current);
      })
      .map(([name]) => name)
      .sort();
  return { services: missing('services'), checks: missing('checks'), 'log-targets': missing('log-targets') };
}

/** Whether the plan already has all of the layer, so that adding it would change nothing. */
export function layerApplied(wanted: Layer, plan: Plan): boolean {
  const difference = layerDifference(wanted, plan);
  return SECTIONS.every((section) => difference[section].length === 0);
}

function entryApplied(section: string, wanted: { readonly override: Override }, current: object | undefined) {
  if (current === undefined) return false;
  const have = canonicalEntry(section, current, true);
  const want = canonicalEntry(section, wanted, wanted.override === 'replace');
  return wanted.override === 'replace' ? JSON.stringify(want) === JSON.stringify(have) : contains(have, want);
}

function canonicalLayer(layer: Layer | Plan): Plain {
  const sections = SECTIONS.map((section) => {
    const entries = Object.entries(layer[section] ?? {}).sort(byKey);
    return entries.map(([name, entry]) => [name, entry.override, canonicalEntry(section, entry, true)]);
  });
  const { summary = '', description = '' } = { summary: undefined, description: undefined, ...layer };
  return [summary, description, ...sections];
}

function canonicalEntry(section: string, entry: object, withDefaults: boolean): Plain {
  const { override: _, ...rest } = { override: undefined, ...entry };
  const defaults = section === 'checks' && withDefaults ? { threshold: DEFAULT_THRESHOLD } : {};
  return sorted({ ...defaults, ...rest }, true) ?? {};
}

/** Plain data with sorted keys and without `undefined`; canonical: also without empty values, durations in ms. */
function sorted(value: unknown, canonical = false, key = ''): Plain | undefined {
  if (typeof value === 'string') {
    if (!canonical) return value;
    if (value === '') return undefined;
    return DURATIONS.has(key) ? (parseDuration(value) ?? value) : value;
  }
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  if (Array.isArray(value)) {
    const items = value.map((item) => sorted(item)).filter((item) => item !== undefined);
    return canonical && items.length === 0 ? undefined : items;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  // Below `environment`, `labels` and the like the keys are the author's: an empty value there is a value.
  const own = key === 'environment' || key === 'labels' || key === 'headers';
  const pairs = Object.entries(value)
    .sort(byKey)
    .flatMap(([name, item]) => {
      const plain = sorted(item, canonical && !own, own ? '' : name);
      return plain === undefined ? [] : [[name, plain] as const];
    });
  return canonical && pairs.length === 0 && key !== 'http' && key !== 'tcp' && key !== 'exec'
    ? undefined
    : Object.fromEntries(pairs);
}

function contains(have: Plain | undefined, want: Plain): boolean {
  if (Array.isArray(want)) return Array.isArray(have) && want.every((item) => have.includes(item));
  if (typeof want === 'object') {
    if (typeof have !== 'object' || Array.isArray(have)) return false;
    const map = new Map<string, Plain>(Object.entries(have));
    return Object.entries(want).every(([name, item]) => contains(map.get(name), item));
  }
  return have === want;
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
