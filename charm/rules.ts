/**
 * Prometheus rule files: read strictly, and put in place whole or not at all.
 * Mimir passes over fields it does not know and takes the same rule twice, so both are refused here. PromQL and
 * templates are Mimir's to judge.
 */
import * as z from 'zod/mini';
import english from 'zod/v4/locales/en.js';
import { durationMs } from './durations.ts';
import type { MimirApi, StoredGroup } from './mimir-api.ts';
import { canonicalRule, type RulesDiff } from './rules-diff.ts';
import { readYaml } from './yaml-text.ts';

const MOST_PROBLEMS = 10;

// What is of the wrong type is told in zod's English words.
z.config(english());

const matching = (pattern: RegExp, problem: string) => z.string().check(z.regex(pattern, problem));
const text = z.string().check(z.minLength(1, 'is empty'));
const expression = z.string().check(z.trim(), z.minLength(1, 'is empty'));
const duration = z.optional(
  z
    .string()
    .check(z.refine((given) => durationMs(given) !== undefined, 'is not a duration such as 30s or 5m')),
);
/** YAML's empty value reads as an empty text. */
const labels = z.pipe(
  z.transform((value) => (value === '' ? {} : value)),
  z.optional(z.record(matching(/^[a-zA-Z_][a-zA-Z0-9_]*$/, 'is not the name of a label'), z.string())),
);

const recordingRule = z.strictObject({
  record: matching(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/, 'is not the name of a metric'),
  expr: expression,
  labels,
});
const alertingRule = z.strictObject({
  alert: text,
  expr: expression,
  for: duration,
  keep_firing_for: duration,
  labels,
  annotations: labels,
});
const kind = z.looseObject({ alert: z.optional(z.unknown()), record: z.optional(z.unknown()) });
const rule = z.transform((value: unknown, context) => {
  const given = kind.safeParse(value);
  const names = given.success
    ? [given.data.alert, given.data.record].filter((name) => name !== undefined)
    : [];
  if (!given.success || names.length !== 1) {
    const message = 'must have one of `alert` and `record`';
    context.issues.push({ code: 'custom', input: value, message });
    return z.NEVER;
  }
  const parsed =
    given.data.alert === undefined ? recordingRule.safeParse(value) : alertingRule.safeParse(value);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) {
    context.issues.push({ code: 'custom', input: value, message: said(issue), path: issue.path });
  }
  return z.NEVER;
});

const group = z.strictObject({
  name: text,
  interval: duration,
  query_offset: duration,
  limit: z.optional(z.pipe(matching(/^\d{1,9}$/, 'is not a whole number'), z.transform(Number))),
  labels,
  // Mimir's own additions.
  source_tenants: z.optional(z.array(z.string())),
  align_evaluation_time_on_interval: z.optional(
    z.pipe(
      z.enum(['true', 'false']),
      z.transform((given) => given === 'true'),
    ),
  ),
  rules: z.array(rule).check(z.minLength(1, 'has no rules')),
});
const file = z.strictObject({ groups: z.array(group).check(z.minLength(1, 'has no groups')) });

export type RuleGroup = z.output<typeof group>;

export type RulesResult =
  | { readonly ok: true; readonly groups: readonly RuleGroup[] }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Reads a rule file. Problems name their place: `groups[0].rules[2].expr: is empty`. At most ten are told. */
export function parseRules(text: string): RulesResult {
  // Every scalar as the text that stands there, as Go reads it into a string: `version: 1.0` stays `1.0`.
  const yaml = readYaml(text, 'failsafe');
  if (!yaml.ok) return { ok: false, problems: [`is not YAML: ${yaml.problem}`] };
  const parsed = file.safeParse(yaml.value);
  const problems = parsed.success ? duplicates(parsed.data.groups) : parsed.error.issues.map(issueText);
  if (parsed.success && problems.length === 0) return { ok: true, groups: parsed.data.groups };
  return { ok: false, problems: problems.slice(0, MOST_PROBLEMS) };
}

function issueText(issue: z.core.$ZodIssue): string {
  const place = issue.path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('');
  return `${place === '' ? 'the file' : place.slice(1)}: ${said(issue)}`;
}

function said(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') return `has unknown fields: ${issue.keys.join(', ')}`;
  return issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message;
}

function duplicates(groups: readonly RuleGroup[]): readonly string[] {
  const names = groups.map(({ name }) => name);
  const twice = new Set(names.filter((name, i) => names.indexOf(name) !== i));
  const rules = groups.flatMap(({ name, rules: list }) => {
    const seen = new Set<string>();
    return list.flatMap((each, i) => {
      const key = JSON.stringify(canonicalRule(each));
      const again = seen.has(key);
      seen.add(key);
      return again ? [`group "${name}": rule ${i + 1} is there twice`] : [];
    });
  });
  return [...[...twice].map((name) => `group "${name}" is there twice`), ...rules];
}

/** The upload failed and what had been done was undone, or not: then `left` says what could not be. */
export class RulesUploadError extends Error {
  override name = 'RulesUploadError';
  readonly left: readonly string[];
  constructor(cause: Error, left: readonly string[]) {
    const state = left.length === 0 ? 'nothing was changed' : `could not be undone: ${left.join(', ')}`;
    super(`${cause.message}; ${state}`, { cause });
    this.left = left;
  }
}

type RulesApi = Pick<MimirApi, 'setRuleGroup' | 'deleteRuleGroup'>;

interface Step {
  readonly group: string;
  carryOut(): Promise<void>;
  undo(): Promise<void>;
}

/**
 * Makes the namespace what the diff says. When Mimir refuses a part, the parts already done are undone.
 * @throws RulesUploadError
 */
export async function applyRules(
  api: RulesApi,
  tenant: string,
  namespace: string,
  diff: RulesDiff<RuleGroup>,
): Promise<void> {
  const done: Step[] = [];
  for (const step of stepsOf(api, tenant, namespace, diff)) {
    try {
      await step.carryOut();
      done.push(step);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      // The step itself may have reached Mimir although its answer did not reach us.
      throw new RulesUploadError(error, await undo([...done, step].toReversed()));
    }
  }
}

/** What Mimir may refuse comes first, what it never does last. */
function stepsOf(
  api: RulesApi,
  tenant: string,
  namespace: string,
  diff: RulesDiff<RuleGroup>,
): readonly Step[] {
  const set = (stored: StoredGroup) => api.setRuleGroup(tenant, namespace, stored);
  const remove = (name: string) => api.deleteRuleGroup(tenant, namespace, name);
  return [
    ...diff.added.map((after) => ({
      group: after.name,
      carryOut: () => set(after),
      undo: () => remove(after.name),
    })),
    ...diff.changed.map(({ before, after }) => ({
      group: after.name,
      carryOut: () => set(after),
      undo: () => set(before),
    })),
    ...diff.removed.map((before) => ({
      group: before.name,
      carryOut: () => remove(before.name),
      undo: () => set(before),
    })),
  ];
}

/** Names of the groups that could not be put back. */
async function undo(steps: readonly Step[]): Promise<readonly string[]> {
  const left: string[] = [];
  for (const step of steps) {
    try {
      await step.undo();
    } catch {
      left.push(step.group);
    }
  }
  return left;
}
