/**
 * The limits of tenants, judged by the Mimir that is to read them, before they are written: one that starts on a file
 * it does not take exits, and one that runs passes over the whole of it.
 */
import { parseJson } from 'charmwright';
import type { Pebble } from 'charmwright/pebble';
import * as z from 'zod/mini';
import type { Settings } from '../../relations/mimir-cluster.ts';
import { readListedYaml } from '../listed-yaml.ts';
import { NO_LIMITS } from '../plan/plan.ts';
import { refusalOf } from '../refusal.ts';
import { JUDGED } from './limits.generated.ts';
import { limitsIn } from './render.ts';

/** Mimir's words around its reason speak of a file that nobody has. */
const NO_FILE = /^(error loading config from \S+: error parsing config file|error validating config): /;

const limitsShape = z.record(z.string(), z.unknown());

/** What to go on with, and why it is not what was wanted. */
export type TakenLimits =
  | { readonly content: string; readonly refused?: string }
  /** Not even those that are in use go with a new configuration. */
  | { readonly content: undefined; readonly refused: string };

/** The wanted limits, or if Mimir refuses them those in use. */
export async function takenLimits(
  pebble: Pebble,
  config: Settings,
  given: { readonly wanted: string; readonly inUse: string | undefined; readonly isNewConfig: boolean },
): Promise<TakenLimits> {
  const { wanted, inUse, isNewConfig } = given;
  const refused = await refusedLimits(pebble, config, wanted, isNewConfig ? '' : inUse);
  if (refused === undefined) return { content: wanted };
  if (inUse === undefined) return { content: NO_LIMITS, refused };
  const fits = !isNewConfig || (await refusedLimits(pebble, config, inUse)) === undefined;
  return { content: fits ? inUse : undefined, refused };
}

/**
 * Why Mimir does not take a tenant's limits, or undefined.
 * @param config what it starts with: some limits must fit to it, and to each other.
 * @param before a file that it has taken with the same configuration.
 */
export async function refusedLimits(
  pebble: Pebble,
  config: Readonly<Record<string, unknown>>,
  content: string,
  before = '',
): Promise<string | undefined> {
  const taken = new Set(judgedIn(before).keys());
  for (const [set, tenant] of judgedIn(content)) {
    if (taken.has(set)) continue;
    const limits = limitsShape.parse(parseJson(set));
    const refusal = await refusalOf(
      pebble,
      JSON.stringify({ ...config, limits: { ...limitsShape.parse(config.limits ?? {}), ...limits } }),
    );
    if (refusal !== undefined)
      return `limits of tenant "${tenant}" (${Object.keys(limits).join(', ')}): ${refusal.replace(NO_FILE, '')}`;
  }
  return undefined;
}

/** Of a configuration that runs. */
export function settingsIn(config: string): Readonly<Record<string, unknown>> {
  const yaml = readListedYaml(config);
  return yaml.ok ? (limitsShape.safeParse(yaml.value).data ?? {}) : {};
}

/** The sets of limits that Mimir judges by more than their types, each with the first tenant that has it. */
function judgedIn(content: string): ReadonlyMap<string, string> {
  const sets = new Map<string, string>();
  for (const [tenant, limits] of limitsIn(content)) {
    const judged = Object.entries(limitsShape.parse(parseJson(limits))).filter(([name]) => JUDGED.has(name));
    const set = JSON.stringify(Object.fromEntries(judged));
    if (judged.length > 0 && !sets.has(set)) sets.set(set, tenant);
  }
  return sets;
}
