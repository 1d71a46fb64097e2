/** Words of the command line -> flags with types, and arguments. Messages are those of juju's own parser. */
import { parseArgs } from 'node:util';
import { parseDuration } from './duration.ts';
import { UsageError } from './errors.ts';
import type { FlagSpec, Flags, FlagValues, VerbSpec } from './spec.ts';
import { globalFlags } from './spec.ts';

type Token = { name: string; rawName: string; value: string | undefined };

export interface Parsed<S extends VerbSpec> {
  readonly flags: FlagValues<S['flags']>;
  readonly global: FlagValues<typeof globalFlags>;
  readonly args: readonly string[];
}

/**
 * Parses the words after the verb.
 *
 * Flags and arguments may be mixed, as juju allows; `--` ends the flags. With `passThrough` everything from the
 * first argument on is kept word for word.
 * @throws UsageError for an unknown flag, a missing value or a value of the wrong type
 */
export function parseWords<S extends VerbSpec>(spec: S, words: readonly string[]): Parsed<S> {
  const known: Flags = { ...globalFlags, ...spec.flags };
  const { tokens, args } = tokenize(known, words, spec.passThrough === true);
  const given = groupByFlag(known, tokens);
  return {
    // Each value below is built by `flagValue` from the very spec its type is computed from.
    flags: readFlags(spec.flags, given) as FlagValues<S['flags']>,
    global: readFlags(globalFlags, given) as FlagValues<typeof globalFlags>,
    args,
  };
}

function tokenize(known: Flags, words: readonly string[], passThrough: boolean) {
  const options = Object.fromEntries(
    Object.entries(known).map(([name, flag]) => [
      name,
      {
        type: flag.kind === 'boolean' ? ('boolean' as const) : ('string' as const),
        multiple: true,
        ...(flag.short === undefined ? {} : { short: flag.short }),
      },
    ]),
  );
  const parsed = parseArgs({
    args: [...words],
    options,
    strict: false,
    tokens: true,
    allowPositionals: true,
  });
  const tokens: Token[] = [];
  const args: string[] = [];
  for (const token of parsed.tokens) {
    if (token.kind === 'positional') {
      if (passThrough) return { tokens, args: dropTerminator(words.slice(token.index)) };
      args.push(token.value);
    } else if (token.kind === 'option') {
      tokens.push({ name: token.name, rawName: token.rawName, value: token.value });
    }
  }
  return { tokens, args };
}

/** `ssh app/0 -- ls`: the command is `ls`; a later `--` is its own. */
function dropTerminator(words: readonly string[]): string[] {
  return words[1] === '--' ? [...words.slice(0, 1), ...words.slice(2)] : [...words];
}

function groupByFlag(known: Flags, tokens: readonly Token[]): Map<string, Token[]> {
  const given = new Map<string, Token[]>();
  for (const token of tokens) {
    if (!Object.hasOwn(known, token.name)) {
      throw new UsageError(`option provided but not defined: ${token.rawName}`);
    }
    given.set(token.name, [...(given.get(token.name) ?? []), token]);
  }
  return given;
}

function readFlags(flags: Flags, given: ReadonlyMap<string, Token[]>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(flags).map(([name, flag]) => [name, flagValue(flag, given.get(name) ?? [])]),
  );
}

function flagValue(flag: FlagSpec, given: readonly Token[]): unknown {
  const last = given.at(-1);
  switch (flag.kind) {
    case 'boolean':
      return last === undefined ? false : booleanOf(last);
    case 'strings':
      return given.map(textOf);
    case 'string':
      return last === undefined ? flag.default : textOf(last);
    case 'integer':
      return last === undefined ? flag.default : integerOf(last);
    case 'duration':
      return last === undefined
        ? flag.default === undefined
          ? undefined
          : parseDuration(flag.default)
        : durationOf(last);
    case 'choice':
      return last === undefined ? flag.default : choiceOf(flag.choices, last);
  }
}

function textOf(token: Token): string {
  if (token.value === undefined) throw new UsageError(`option needs an argument: ${token.rawName}`);
  return token.value;
}

function booleanOf(token: Token): boolean {
  if (token.value === undefined || /^(true|t|1)$/i.test(token.value)) return true;
  if (/^(false|f|0)$/i.test(token.value)) return false;
  throw new UsageError(`invalid value "${token.value}" for option ${token.rawName}: expected true or false`);
}

function integerOf(token: Token): number {
  const text = textOf(token);
  if (!/^[+-]?\d+$/.test(text)) {
    throw new UsageError(`invalid value "${text}" for option ${token.rawName}: expected a whole number`);
  }
  return Number(text);
}

function durationOf(token: Token): number {
  const text = textOf(token);
  const value = parseDuration(text);
  if (value === undefined) {
    throw new UsageError(
      `invalid value "${text}" for option ${token.rawName}: expected a duration such as 5s or 1m30s`,
    );
  }
  return value;
}

function choiceOf(choices: readonly string[], token: Token): string {
  const text = textOf(token);
  if (!choices.includes(text)) {
    throw new UsageError(
      `invalid value "${text}" for option ${token.rawName}: expected one of ${choices.join(', ')}`,
    );
  }
  return text;
}
