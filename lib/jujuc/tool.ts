/** The shape of one hook tool: its flags, its printed forms, and what it does in a hook. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Draft } from './draft.ts';
import { type Flags, parseFlags } from './flags.ts';
import { type Format, format } from './format.ts';
import { misused, quote, refuse, StdinNeeded } from './refusal.ts';
import type { ToolAnswer, ToolCall } from './view.ts';

/** What a tool gives back: nothing, ready text, or a value to print in the wanted format. */
export type Output =
  | undefined
  | { readonly text: string; readonly note?: string }
  | { readonly value: unknown };

/** One call, with its flags by name. */
export interface Invocation<N extends string> {
  readonly draft: Draft;
  readonly args: readonly string[];
  readonly format: Format;
  has(name: N): boolean;
  text(name: N): string | undefined;
  number(name: N): number | undefined;
  /** A file named by the caller; `-` is standard input. */
  readFile(path: string): string;
  /** Bytes of a file; standard input has no meaning here. */
  readBytes(path: string): Buffer;
}

export interface Tool {
  readonly purpose: string;
  answer(name: string, draft: Draft, call: ToolCall): ToolAnswer;
}

interface ToolSpec<N extends string> {
  readonly purpose: string;
  readonly flags?: Flags<N>;
  /** The default first; a tool without formats prints none or ready text. */
  readonly formats?: readonly [Format, ...Format[]];
  run(call: Invocation<N>): Output;
}

export const SMART: readonly [Format, ...Format[]] = ['smart', 'json', 'yaml'];
export const YAML: readonly [Format, ...Format[]] = ['yaml', 'json'];

const OUTPUT_FLAGS = { format: { kind: 'text' }, output: { kind: 'text', also: ['o'] } } as const;
const HELP_FLAGS = { help: { kind: 'switch', also: ['h'] } } as const;

export function defineTool<N extends string = never>(spec: ToolSpec<N>): Tool {
  const flags: Flags<string> = {
    ...HELP_FLAGS,
    ...(spec.formats === undefined ? {} : OUTPUT_FLAGS),
    ...spec.flags,
  };
  return {
    purpose: spec.purpose,
    answer(name, draft, call) {
      const { values, args } = parseFlags(flags, call.args, draft);
      if (values.get('help') === 'true') return ok(help(name, spec.purpose, flags));
      const kind = chosenFormat(spec.formats, values.get('format'));
      const output = spec.run({
        draft,
        args,
        format: kind,
        has: (flag) => values.get(flag) === 'true',
        text: (flag) => values.get(flag),
        number: (flag) => (values.has(flag) ? Number(values.get(flag)) : undefined),
        readFile: (path) => (path === '-' ? stdinOf(call) : readBytes(call, path).toString('utf8')),
        readBytes: (path) => readBytes(call, path),
      });
      if (output === undefined) return ok('');
      const text = 'text' in output ? output.text : format(kind, output.value);
      const note = 'text' in output ? (output.note ?? '') : '';
      const target = spec.formats === undefined ? undefined : values.get('output');
      if (target === undefined || target === '') return ok(text, note);
      writeFileSync(pathOf(call, target), text);
      return ok('', note);
    },
  };
}

function ok(stdout: string, stderr = ''): ToolAnswer {
  return { code: 0, stdout, stderr };
}

function chosenFormat(
  formats: readonly [Format, ...Format[]] | undefined,
  wanted: string | undefined,
): Format {
  const known = formats ?? SMART;
  if (wanted === undefined || formats === undefined) return known[0];
  return (
    known.find((kind) => kind === wanted) ??
    misused(`invalid value ${quote(wanted)} for option --format: unknown format ${quote(wanted)}`)
  );
}

function stdinOf(call: ToolCall): string {
  if (call.stdin === undefined) throw new StdinNeeded();
  return call.stdin;
}

/** A path the caller named, as this process reaches it. */
function pathOf(call: ToolCall, path: string): string {
  const absolute = resolve(call.dir, path);
  return call.root === undefined ? absolute : join(call.root, absolute);
}

function readBytes(call: ToolCall, path: string): Buffer {
  try {
    return readFileSync(pathOf(call, path));
  } catch {
    return refuse(`open ${path}: no such file or directory`);
  }
}

function help(name: string, purpose: string, flags: Flags<string>): string {
  const dashes = (flag: string): string => (flag.length === 1 ? `-${flag}` : `--${flag}`);
  const lines = Object.entries(flags).map(
    ([flag, { also = [] }]) => `    ${[...also, flag].map(dashes).join(', ')}`,
  );
  return `Usage: ${name} [options] ...\n\nSummary:\n${purpose}\n\nOptions:\n${lines.join('\n')}\n`;
}

/** Extra arguments are an error in Juju. @throws Refusal (2) */
export function noMore(args: readonly string[]): void {
  if (args.length > 0) misused(`unrecognized args: [${args.map(quote).join(' ')}]`);
}

/** Tools that once had `--format` without printing anything still take it, and say so. */
export function deprecatedFormat(name: string, given: string | undefined): Output {
  if (given === undefined || given === '') return undefined;
  return { text: '', note: `--format flag deprecated for command ${quote(name)}` };
}
