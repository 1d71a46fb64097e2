/** The answers of a recording, given out again: each to the call that it was given to, else to the one most like it. */
import { isDeepStrictEqual } from 'node:util';
import type { RecordedCall, RecordedHttp, RecordedPebble, RecordedTool } from './format.ts';
import { withoutFile } from './values.ts';

/** A call of the charm, as far as it decides the answer. */
export type Asked =
  | Pick<RecordedTool, 'kind' | 'tool' | 'args' | 'stdin'>
  | Pick<RecordedPebble, 'kind' | 'container' | 'method' | 'args'>
  | Pick<RecordedHttp, 'kind' | 'method' | 'url'>;

/** What was found for a call. */
export type Found<C extends RecordedCall> =
  | { readonly kind: 'recorded'; readonly call: C }
  /** It was asked more often than it is in the recording: the last answer again. */
  | { readonly kind: 'again'; readonly call: C }
  | { readonly kind: 'unknown'; readonly nearest: C | undefined };

export class Answers {
  readonly #calls: readonly RecordedCall[];
  readonly #used = new Set<RecordedCall>();

  constructor(calls: readonly RecordedCall[]) {
    this.#calls = calls;
  }

  /** Recorded calls that nobody has asked for. */
  get unused(): readonly RecordedCall[] {
    return this.#calls.filter((call) => !this.#used.has(call));
  }

  find(asked: Pick<RecordedTool, 'kind' | 'tool' | 'args' | 'stdin'>): Found<RecordedTool>;
  find(asked: Pick<RecordedPebble, 'kind' | 'container' | 'method' | 'args'>): Found<RecordedPebble>;
  find(asked: Pick<RecordedHttp, 'kind' | 'method' | 'url'>): Found<RecordedHttp>;
  find(asked: Asked): Found<RecordedCall> {
    const same = this.#calls.filter((call) => isSame(asked, call));
    const next = same.find((call) => !this.#used.has(call));
    if (next !== undefined) {
      this.#used.add(next);
      return { kind: 'recorded', call: next };
    }
    const last = same.at(-1);
    if (last !== undefined) return { kind: 'again', call: last };
    return { kind: 'unknown', nearest: this.#nearest(asked) };
  }

  /** Of the same tool, method or server, and with the most in common; those not asked for yet come first. */
  #nearest(asked: Asked): RecordedCall | undefined {
    const text = lineOf(asked);
    const score = (call: RecordedCall) => commonLength(text, lineOf(call)) + (this.#used.has(call) ? 0 : 0.5);
    return this.#calls.filter((call) => isAkin(asked, call)).toSorted((a, b) => score(b) - score(a))[0];
  }
}

function isAkin(asked: Asked, call: RecordedCall): boolean {
  switch (asked.kind) {
    case 'tool':
      return call.kind === 'tool' && call.tool === asked.tool;
    case 'pebble':
      return call.kind === 'pebble' && call.container === asked.container && call.method === asked.method;
    case 'http':
      return call.kind === 'http' && call.method === asked.method;
  }
}

function isSame(asked: Asked, call: RecordedCall): boolean {
  switch (asked.kind) {
    case 'tool':
      return (
        call.kind === 'tool' &&
        call.tool === asked.tool &&
        isDeepStrictEqual(call.args, asked.args.map(withoutFile)) &&
        isSameText(call.stdin, asked.stdin)
      );
    case 'pebble':
      return isAkin(asked, call) && call.kind === 'pebble' && isDeepStrictEqual(call.args, asked.args);
    case 'http':
      return isAkin(asked, call) && call.kind === 'http' && call.url === asked.url;
  }
}

/** JSON is the same in any order. */
function isSameText(a: string | undefined, b: string | undefined): boolean {
  if (a === b || a === undefined || b === undefined) return a === b;
  try {
    return isDeepStrictEqual(JSON.parse(a), JSON.parse(b));
  } catch {
    return false;
  }
}

function commonLength(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length += 1;
  return length;
}

/** The longest that is shown of a call. */
const LONGEST = 300;

/** A call in one line, as a person would type it. */
export function lineOf(call: Asked): string {
  const line = wordsOf(call).join(' ').replaceAll('\n', '\\n');
  return line.length <= LONGEST ? line : `${line.slice(0, LONGEST)}…`;
}

function wordsOf(call: Asked): readonly string[] {
  switch (call.kind) {
    case 'tool':
      return [
        call.tool,
        ...call.args.map(quoted),
        ...(call.stdin === undefined ? [] : [`<<< ${call.stdin}`]),
      ];
    case 'pebble':
      return [`${call.container}: ${call.method}`, ...call.args.map((arg) => JSON.stringify(arg))];
    case 'http':
      return [call.method, call.url];
  }
}

function quoted(word: string): string {
  return /^[\w@%+=:,./#…-]+$/.test(word) ? word : JSON.stringify(word);
}
