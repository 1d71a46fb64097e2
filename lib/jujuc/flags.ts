/**
 * Flags as Go's gnuflag reads them for Juju's tools: mixed with arguments, `--flag value`, `--flag=value`,
 * `-f value`, `-fvalue`, joined one-letter switches, and `--` to end them.
 */
import { misused, quote } from './refusal.ts';

export interface Flag {
  readonly kind: 'switch' | 'text' | 'number' | 'relation' | 'storage';
  /** Other names for it; one-letter names take a single dash. */
  readonly also?: readonly string[];
}

export type Flags<N extends string> = Readonly<Record<N, Flag>>;

/** What exists, so that a flag naming a relation or a storage instance is refused while parsing. */
export interface Known {
  hasRelation(id: number): boolean;
  hasStorage(id: string): boolean;
}

export interface Parsed {
  readonly values: ReadonlyMap<string, string>;
  readonly args: readonly string[];
}

const TRUE = ['1', 't', 'T', 'TRUE', 'true', 'True'];
const FALSE = ['0', 'f', 'F', 'FALSE', 'false', 'False'];

/** @throws Refusal (2) with gnuflag's words. Values of switches become `true` or `false`. */
export function parseFlags(flags: Flags<string>, argv: readonly string[], known: Known): Parsed {
  const byName = namesOf(flags);
  const values = new Map<string, string>();
  const args: string[] = [];

  const put = (shown: string, name: string, flag: Flag, value: string): void => {
    values.set(name, checked(shown, flag, value, known));
  };

  for (let i = 0; i < argv.length; i += 1) {
    const word = argv[i] ?? '';
    if (word === '--') return { values, args: [...args, ...argv.slice(i + 1)] };
    if (!word.startsWith('-') || word === '-') {
      args.push(word);
      continue;
    }
    for (const part of splitWord(word, byName)) {
      const entry = byName.get(part.name);
      if (entry === undefined) misused(`option provided but not defined: ${part.shown}`);
      if (part.value !== undefined) put(part.shown, entry.name, entry.flag, part.value);
      else if (entry.flag.kind === 'switch') put(part.shown, entry.name, entry.flag, 'true');
      else {
        i += 1;
        const next = argv[i];
        if (next === undefined) misused(`option needs an argument: ${part.shown}`);
        put(part.shown, entry.name, entry.flag, next);
      }
    }
  }
  return { values, args };
}

interface Entry {
  readonly name: string;
  readonly flag: Flag;
}

function namesOf(flags: Flags<string>): ReadonlyMap<string, Entry> {
  const names = new Map<string, Entry>();
  for (const [name, flag] of Object.entries(flags)) {
    for (const each of [name, ...(flag.also ?? [])]) names.set(each, { name, flag });
  }
  return names;
}

interface Part {
  readonly name: string;
  readonly shown: string;
  readonly value?: string;
}

function splitWord(word: string, byName: ReadonlyMap<string, Entry>): Part[] {
  if (word.startsWith('--')) {
    const [, name = '', , value] = /^--([^=]*)(=(.*))?$/s.exec(word) ?? [];
    return [value === undefined ? { name, shown: `--${name}` } : { name, shown: `--${name}`, value }];
  }
  const parts: Part[] = [];
  for (let at = 1; at < word.length; at += 1) {
    const name = word.charAt(at);
    const rest = word.slice(at + 1);
    const takesValue = byName.has(name) && byName.get(name)?.flag.kind !== 'switch';
    if (rest.startsWith('=')) return [...parts, { name, shown: `-${name}`, value: rest.slice(1) }];
    if (takesValue && rest !== '') return [...parts, { name, shown: `-${name}`, value: rest }];
    parts.push({ name, shown: `-${name}` });
  }
  return parts;
}

function checked(shown: string, flag: Flag, value: string, known: Known): string {
  const refuseValue = (why: string): never =>
    misused(`invalid value ${quote(value)} for option ${shown}: ${why}`);
  switch (flag.kind) {
    case 'text':
      return value;
    case 'switch':
      if (TRUE.includes(value)) return 'true';
      if (FALSE.includes(value)) return 'false';
      return refuseValue(`strconv.ParseBool: parsing ${quote(value)}: invalid syntax`);
    case 'number':
      if (/^[+-]?\d+$/.test(value)) return value;
      return refuseValue(`strconv.ParseInt: parsing ${quote(value)}: invalid syntax`);
    case 'relation': {
      // `name:N`: Juju looks at the number only.
      const id = value.slice(value.lastIndexOf(':') + 1);
      if (!/^\d+$/.test(id)) return refuseValue('invalid relation id');
      if (!known.hasRelation(Number(id))) return refuseValue('relation not found');
      return id;
    }
    case 'storage':
      if (!/^[a-z][a-z0-9-]*\/\d+$/.test(value)) return refuseValue(`invalid storage ID ${quote(value)}`);
      if (!known.hasStorage(value)) return refuseValue(`storage ${quote(value)} not found`);
      return value;
  }
}
