/** Whether an action has given what actions.yaml declares: whoever runs it relies on that, and so do the types. */
import type { ActionSpec, ResultSchema } from '../spec/spec.ts';
import { WrongResults } from './errors.ts';

type Results = Readonly<Record<string, unknown>>;

/** @throws WrongResults with everything that differs. An action without `results` may give anything. */
export function checkResults(name: string, spec: ActionSpec | undefined, given: Results): void {
  const problems = spec?.results === undefined ? [] : problemsOf(spec.results, given, '');
  if (problems.length > 0) throw new WrongResults(name, problems);
}

function problemsOf(
  declared: Readonly<Record<string, ResultSchema>>,
  given: Results,
  prefix: string,
): string[] {
  const missing = Object.entries(declared)
    .filter(([key, { optional }]) => optional !== true && !Object.hasOwn(given, key))
    .map(([key]) => `"${prefix}${key}" is missing: return it, or say "optional: true"`);
  const present = Object.entries(given).flatMap(([key, value]) => {
    const schema = Object.hasOwn(declared, key) ? declared[key] : undefined;
    return schema === undefined
      ? [`"${prefix}${key}" is not declared`]
      : problemsOfOne(schema, value, `${prefix}${key}`);
  });
  return [...missing, ...present];
}

function problemsOfOne(schema: ResultSchema, value: unknown, path: string): string[] {
  if (schema.type === 'object') {
    if (typeof value !== 'object' || value === null) return [`"${path}" is ${shown(value)}, not an object`];
    const { properties, additionalProperties: each } = schema;
    if (properties !== undefined)
      return problemsOf(properties, Object.fromEntries(Object.entries(value)), `${path}.`);
    return Object.entries(value).flatMap(([key, inner]) =>
      each === undefined ? [] : problemsOfOne(each, inner, `${path}.${key}`),
    );
  }
  if (schema.enum !== undefined) {
    const allowed = schema.enum.map(String);
    return allowed.some((text) => text === value)
      ? []
      : [`"${path}" is ${shown(value)}, not ${allowed.join(' or ')}`];
  }
  return typeof value === 'string' && FITS[schema.type](value)
    ? []
    : [`"${path}" is ${shown(value)}, not of type ${schema.type}`];
}

/** Juju carries results as text. */
const FITS: Readonly<Record<Exclude<ResultSchema['type'], 'object'>, (text: string) => boolean>> = {
  string: () => true,
  integer: (text) => /^-?\d+$/.test(text),
  number: (text) => text.trim() !== '' && Number.isFinite(Number(text)),
  boolean: (text) => text === 'true' || text === 'false',
};

function shown(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}
