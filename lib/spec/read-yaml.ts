/** YAML as Juju reads it, put through a schema; every fault is collected, none is thrown. */
import { isScalar, parseDocument, visit } from 'yaml';
import type * as z from 'zod';
import type { SpecFault } from '../errors.ts';

/** A file, or the part of one, that says something of the charm. */
export interface Section {
  readonly file: string;
  /** Where in the file it stands: `['config']` in charmcraft.yaml, else empty. */
  readonly path: readonly string[];
  readonly data: unknown;
}

/** The faults of a section are told by what reads it: `fault(['options', 'port'], 'has no type')`. */
export type Tell = (path: readonly PropertyKey[], problem: string) => void;

export class Faults {
  readonly #found: SpecFault[] = [];

  get found(): readonly SpecFault[] {
    return this.#found;
  }

  add(file: string, path: readonly PropertyKey[], problem: string): void {
    this.#found.push({ file, key: path.map(String).join('.'), problem });
  }

  of({ file, path }: Pick<Section, 'file' | 'path'>): Tell {
    return (inner, problem) => this.add(file, [...path, ...inner], problem);
  }
}

/** Text whose tags of YAML 1.1 neither Juju's reader nor ops' takes for anything but text. */
const TEXT_ALL_THE_SAME: ReadonlySet<string> = new Set(['tag:yaml.org,2002:timestamp', 'TIME']);

/**
 * YAML 1.1, which Juju's Go library and ops' Python one speak: `yes` and `on` are true. Dates and `12:30` are text.
 * @returns undefined after a fault.
 */
export function readYaml(file: string, text: string, faults: Faults): unknown {
  const document = parseDocument(text, {
    version: '1.1',
    merge: true,
    customTags: (tags) =>
      tags.filter(
        (tag) =>
          typeof tag === 'string' ||
          !(TEXT_ALL_THE_SAME.has(tag.tag) || TEXT_ALL_THE_SAME.has(tag.format ?? '')),
      ),
  });
  for (const { message, linePos } of document.errors) {
    const [what = message] = message.split(/ at line \d+/);
    faults.add(file, linePos === undefined ? [] : [`line ${linePos[0].line}`], `is not YAML: ${what}`);
  }
  if (document.errors.length > 0) return undefined;
  visit(document, { Pair: (_, { key }) => void nameKey(key) });
  return document.toJS();
}

/** A key is a name, whatever else its text could mean: an option may be called `n`. */
function nameKey(key: unknown): void {
  const isName = isScalar(key) && ['boolean', 'number'].includes(typeof key.value);
  if (isName && key.source !== undefined) key.value = key.source;
}

/** What the schema makes of a section; undefined when it has faults. */
export function readSection<T>(section: Section, schema: z.ZodType<T>, faults: Faults): T | undefined {
  const result = schema.safeParse(section.data, { error: problemOf });
  if (result.success) return result.data;
  const tell = faults.of(section);
  for (const { path, message } of result.error.issues) tell(path, message);
  return undefined;
}

/** Undefined leaves the words to zod. */
function problemOf(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.input === undefined && issue.code !== 'custom') return 'is missing';
  if (issue.input === null) return 'is empty: give it a value, or leave the key out';
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${kindNamed(issue.expected)}, not ${kindOf(issue.input)}`;
    case 'invalid_value':
      return `must be ${issue.values.map(String).join(' or ')}, not ${shown(issue.input)}`;
    default:
      return undefined;
  }
}

function kindNamed(expected: string): string {
  const names: Readonly<Record<string, string>> = {
    string: 'text',
    object: 'a map',
    record: 'a map',
    array: 'a list',
    int: 'a whole number',
    number: 'a number',
    boolean: 'true or false',
  };
  return names[expected] ?? expected;
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'a map' : shown(value);
}

function shown(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}

/** A section that is a map, whatever its values are: what is checked by hand. */
export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
