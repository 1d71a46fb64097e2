/**
 * The rules that a sender publishes, made fit for Mimir. What cannot be used is left out and told of; the rest stays.
 * Brings PromQL's grammar along: import it only where rules have changed.
 */
import { createHash } from 'node:crypto';
import { parseJson } from 'charmwright';
import * as z from 'zod/mini';
import { scopedByLabels } from '../../relations/topology-rules.ts';
import { durationMs } from '../durations.ts';
import { firstLine } from '../text.ts';

/** Characters. Longer ones come from nobody who means well, and to read them takes seconds. */
const LONGEST_EXPRESSION = 32 * 1024;
/** Bytes. Mimir keeps a group in a file or an object that is named after it. */
const LONGEST_NAME = 150;

/** Go reads numbers and truth values into texts as well, and takes some characters for ends of lines. */
const scalar = z.pipe(
  z.union([z.string(), z.number(), z.boolean()]),
  z.transform((value) =>
    String(value)
      .toWellFormed()
      .replaceAll(/[\u0085\u2028\u2029]/g, ' '),
  ),
);
const oneLine = z.pipe(
  scalar,
  z.transform((text) => text.replaceAll(/\s+/g, ' ').trim()),
);
const duration = z.optional(
  z.pipe(
    z.nullable(scalar),
    z.transform((given, context) => {
      const text = given === null || given === '' ? undefined : given;
      if (text !== undefined && durationMs(text) === undefined)
        context.issues.push({ code: 'custom', input: given, message: 'is not a duration such as 30s or 5m' });
      return text;
    }),
  ),
);
const texts = z.optional(
  z.pipe(
    z.nullable(z.record(z.string(), scalar)),
    z.transform((given) => given ?? undefined),
  ),
);

/** Which of them a rule must have is Mimir's to judge: it says so for each rule. */
const ruleShape = z.object({
  alert: z.optional(oneLine),
  record: z.optional(oneLine),
  expr: scalar.check(z.trim(), z.maxLength(LONGEST_EXPRESSION, 'is too long')),
  for: duration,
  keep_firing_for: duration,
  labels: texts,
  annotations: texts,
});
const headShape = z.object({
  name: oneLine.check(z.minLength(1, 'is empty')),
  interval: duration,
  query_offset: duration,
  limit: z.optional(z.int()),
  labels: texts,
});
const groupShape = z.looseObject({ rules: z.nullish(z.array(z.unknown())) });
const fileShape = z.object({ groups: z.nullish(z.array(z.unknown())) });

export type SentRule = z.output<typeof ruleShape>;
export type SentGroup = z.output<typeof headShape> & { readonly rules: readonly SentRule[] };

export type SentRules =
  | { readonly ok: true; readonly groups: readonly SentGroup[]; readonly problems: readonly string[] }
  /** Nothing of it makes sense. */
  | { readonly ok: false; readonly problem: string };

/** Groups without rules are left out, those of one name get names of their own. Never throws. */
export function readSentRules(text: string): SentRules {
  const file = fileShape.safeParse(parseJson(text));
  if (!file.success) return { ok: false, problem: 'is not the JSON of a rules file' };
  const problems: string[] = [];
  const groups = (file.data.groups ?? []).flatMap((value, i) => {
    const group = readGroup(value, i);
    problems.push(...group.problems);
    return group.group === undefined ? [] : [group.group];
  });
  return { ok: true, groups: withOwnNames(groups), problems };
}

interface Read {
  readonly group?: SentGroup;
  readonly problems: readonly string[];
}

function readGroup(value: unknown, index: number): Read {
  const list = groupShape.safeParse(value);
  if (!list.success) return { problems: [`groups[${index}] ${issueOf(list.error)}`] };
  const given = list.data.rules ?? [];
  if (given.length === 0) return { problems: [] };
  const head = headShape.safeParse(value);
  if (!head.success) return { problems: [`groups[${index}]: ${issueOf(head.error)}`] };
  const parsed = given.map((rule) => ruleShape.safeParse(rule));
  const rules = parsed.flatMap((rule) => (rule.success ? [scopedByLabels(rule.data)] : []));
  const { name } = head.data;
  return {
    ...(rules.length > 0 && { group: { ...head.data, name: shortened(name), rules } }),
    problems: parsed.flatMap((rule, i) =>
      rule.success ? [] : [`group "${firstLine(name)}", rule ${i + 1}: ${issueOf(rule.error)}`],
    ),
  };
}

/** Zod's words for a wrong type need a language, which is loaded for files of people alone. */
const OWN_WORDS: ReadonlySet<string | undefined> = new Set(['custom', 'too_small', 'too_big']);

function issueOf(error: z.core.$ZodError): string {
  const [issue] = error.issues;
  if (issue === undefined) return 'is not valid';
  const said = OWN_WORDS.has(issue.code) ? issue.message : 'is of the wrong type';
  return issue.path.length === 0 ? said : `${firstLine(issue.path.join('.'))}: ${said}`;
}

function shortened(name: string): string {
  if (Buffer.byteLength(name) <= LONGEST_NAME) return name;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 8);
  const start = Buffer.from(name)
    .subarray(0, LONGEST_NAME - 12)
    .toString('utf8')
    .replace(/\uFFFD$/, '');
  return `${start}_${digest}`;
}

/** Mimir holds one group of each name. The same group sent twice is one, another one of its name gets a number. */
function withOwnNames(groups: readonly SentGroup[]): readonly SentGroup[] {
  const [seen, taken] = [new Set<string>(), new Set(groups.map(({ name }) => name))];
  const used = new Set<string>();
  return groups.flatMap((group) => {
    const text = JSON.stringify(group);
    if (seen.has(text)) return [];
    seen.add(text);
    if (!used.has(group.name)) {
      used.add(group.name);
      return [group];
    }
    let number = 2;
    while (taken.has(`${group.name}_${number}`)) number++;
    const name = `${group.name}_${number}`;
    taken.add(name);
    used.add(name);
    return [{ ...group, name }];
  });
}
