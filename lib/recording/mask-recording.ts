/** A recording without what is nobody else's to read; equal values have equal placeholders, as in a snapshot. */
import { parseJson } from '../json.ts';
import { Mask } from '../snapshot/mask.ts';
import type { RecordedCall, RecordedTool, Recording } from './format.ts';

export function maskRecording(recording: Recording): Recording {
  const mask = new Mask();
  for (const call of recording.calls) learn(mask, call);
  mask.learn('', recording.environment, 'environment');
  mask.learn('', recording.files, "the framework's own files");
  return {
    ...recording,
    environment: mask.apply(recording.environment),
    files: Object.fromEntries(
      Object.entries(recording.files).map(([name, text]) => [
        name,
        text === null ? text : maskJson(mask, text),
      ]),
    ),
    calls: recording.calls.map((call) => hidden(mask, call)),
    stderr: mask.apply(recording.stderr),
    masked: mask.masked,
  };
}

function learn(mask: Mask, call: RecordedCall): void {
  switch (call.kind) {
    case 'tool':
      learnTool(mask, call);
      return;
    case 'pebble': {
      const where = `${call.container}: ${call.method}`;
      mask.learn('', call.args, where);
      mask.learn('', call.outcome, where);
      const [path, content] = call.args;
      const read: unknown = 'value' in call.outcome ? call.outcome.value : undefined;
      for (const text of [content, read].map(asText))
        if (text !== undefined) mask.learnFile(typeof path === 'string' ? path : call.method, text, where);
      return;
    }
    case 'http':
      mask.learn('', [call.body, call.outcome], `${call.method} ${call.url}`);
      return;
  }
}

function learnTool(mask: Mask, { tool, args, stdin, stdout }: RecordedTool): void {
  const answer = parseJson(stdout);
  const where = [tool, ...args].join(' ');
  if (tool === 'secret-get' || tool === 'credential-get') {
    const name =
      args.find((arg, i) => !arg.startsWith('-') && args[i - 1] !== '--label') ?? args.at(-1) ?? tool;
    for (const [key, value] of leaves(answer))
      mask.hide(value, `${name.replace(/^secret:/, '')}-${key}`, where);
    return;
  }
  mask.learn('', answer, where);
  if (stdin !== undefined) mask.learn('', parseJson(stdin), where);
  for (const arg of args) {
    const [, key = '', value = ''] = /^([\w.-]+)=(.*)$/s.exec(arg) ?? [];
    mask.learn(key, value, where);
  }
}

function* leaves(value: unknown, key = ''): Generator<[string, string]> {
  if (typeof value === 'string') yield [key, value];
  else if (typeof value === 'object' && value !== null)
    for (const [name, item] of Object.entries(value)) yield* leaves(item, name);
}

function asText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null || !('$base64' in value)) return undefined;
  const bytes = Buffer.from(String(value.$base64), 'base64');
  const text = bytes.toString('utf8');
  return Buffer.from(text).equals(bytes) ? text : undefined;
}

/** Names of tools, methods and containers stay. */
function hidden(mask: Mask, call: RecordedCall): RecordedCall {
  switch (call.kind) {
    case 'tool': {
      const { args, stdout, stderr } = call;
      // A label is a name, and may be as that which it names.
      const shown = args.map((arg, i) => (args[i - 1] === '--label' ? arg : mask.apply(arg)));
      const masked = { args: shown, stdout: maskJson(mask, stdout), stderr: mask.apply(stderr) };
      return {
        ...call,
        ...masked,
        ...(call.stdin === undefined ? {} : { stdin: maskJson(mask, call.stdin) }),
      };
    }
    case 'pebble':
      return { ...call, args: maskBytes(mask, call.args), outcome: maskBytes(mask, call.outcome) };
    case 'http':
      return { ...call, ...maskBytes(mask, { url: call.url, body: call.body, outcome: call.outcome }) };
  }
}

/** Inside JSON each value is looked at for itself, so that short ones are found too. */
function maskJson(mask: Mask, text: string): string {
  const value = parseJson(text);
  if (typeof value !== 'object' || value === null) return mask.apply(text);
  const masked = JSON.stringify(mask.apply(value));
  return text.endsWith('\n') ? `${masked}\n` : masked;
}

/** Bytes that are text, with what is hidden replaced. */
function maskBytes<T>(mask: Mask, value: T): T {
  // As of Mask.apply: the shape stays, bytes stay bytes.
  return maskedBytes(mask, value) as T;
}

function maskedBytes(mask: Mask, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => maskedBytes(mask, item));
  if (typeof value !== 'object' || value === null) return mask.apply(value);
  const text = asText(value);
  if (text !== undefined) return { $base64: Buffer.from(mask.apply(text)).toString('base64') };
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, maskedBytes(mask, item)] as const),
  );
}
