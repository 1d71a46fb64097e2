/** Flat mappings as options hold them: a JSON object of texts and numbers, or YAML's `name: value`, one a line. */
import { parseJson } from 'charmwright';
import * as z from 'zod/mini';
import { compareNames } from '../text.ts';

const shape = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));
const LINE =
  /^(?:"([^"]*)"|'([^']*)'|([^\s"':#?-][^"':]*?))\s*:\s+(?:"([^"]*)"|'([^']*)'|([^\s"'#&*!|>[{%@`].*?))\s*$/;

/**
 * The mapping, sorted by name; undefined when the text is none. So little of YAML needs no library, which every
 * dispatch would load.
 */
export function readMapping(text: string): Readonly<Record<string, string>> | undefined {
  const entries = text.trimStart().startsWith('{') ? jsonEntries(text) : lineEntries(text);
  if (entries === undefined || new Set(entries.map(([name]) => name)).size < entries.length) return undefined;
  return Object.fromEntries(entries.toSorted(compareNames));
}

type Entries = readonly (readonly [string, string])[] | undefined;

function jsonEntries(text: string): Entries {
  const parsed = shape.safeParse(parseJson(text));
  return parsed.success
    ? Object.entries(parsed.data).map(([name, value]) => [name, String(value)])
    : undefined;
}

function lineEntries(text: string): Entries {
  const lines = text.split('\n').filter((line) => !/^\s*(?:#.*|---)?\s*$/.test(line));
  const entries = lines.map((line) => {
    const found = LINE.exec(line.replace(/\s+#.*$/, ''));
    return found === null ? undefined : ([first(found.slice(1, 4)), first(found.slice(4))] as const);
  });
  const known = entries.filter((entry) => entry !== undefined);
  return known.length === entries.length ? known : undefined;
}

function first(alternatives: readonly (string | undefined)[]): string {
  return alternatives.find((each) => each !== undefined) ?? '';
}
