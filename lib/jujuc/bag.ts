/** Flat maps of strings: databags, charm state. Keys come from outside, so only own properties count. */
import { isMap, isScalar, parseDocument } from 'yaml';
import { misused, quote, refuse } from './refusal.ts';
import type { Bag } from './view.ts';

/** The value of a key; `constructor` and its like are not in an empty bag. */
export function lookup<T>(bag: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(bag, key) ? bag[key] : undefined;
}

/** `key=value` arguments; the value may be empty. @throws Refusal (2) */
export function keyValues(args: readonly string[]): Bag {
  const pairs = new Map<string, string>();
  for (const arg of args) {
    const at = arg.indexOf('=');
    if (at < 1) misused(`expected "key=value", got ${quote(arg)}`);
    const key = arg.slice(0, at);
    if (pairs.has(key)) misused(`key ${quote(key)} specified more than once`);
    pairs.set(key, arg.slice(at + 1));
  }
  return Object.fromEntries(pairs);
}

/** A YAML or JSON map of strings. Numbers and booleans keep the text they were written in. @throws Refusal (1) */
export function parseBag(text: string): Bag {
  return parseJsonBag(text) ?? parseYamlBag(text);
}

/** The quick way for large bags; anything but strings takes the other way. */
function parseJsonBag(text: string): Bag | undefined {
  if (!text.trimStart().startsWith('{')) return undefined;
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof data !== 'object' || data === null) return undefined;
  const entries = Object.entries(data);
  return entries.every((entry): entry is [string, string] => typeof entry[1] === 'string')
    ? Object.fromEntries(entries)
    : undefined;
}

function parseYamlBag(text: string): Bag {
  const document = parseDocument(text, { schema: 'failsafe', uniqueKeys: false });
  const [error] = document.errors;
  if (error !== undefined) refuse(`yaml: ${error.message.split('\n', 1)[0] ?? 'not valid'}`);
  if (document.contents === null) return {};
  if (!isMap(document.contents)) refuse('yaml: unmarshal errors: cannot unmarshal into a map of strings');
  const pairs = new Map<string, string>();
  for (const { key, value } of document.contents.items) {
    if (!isScalar(key) || !(isScalar(value) || value === null)) {
      refuse('yaml: unmarshal errors: cannot unmarshal a list or a map into a string');
    }
    pairs.set(String(key.value), value === null || isPlainNull(value) ? '' : String(value.value));
  }
  return Object.fromEntries(pairs);
}

function isPlainNull(scalar: { readonly type?: unknown; readonly value: unknown }): boolean {
  return scalar.type === 'PLAIN' && ['', '~', 'null', 'Null', 'NULL'].includes(String(scalar.value));
}
