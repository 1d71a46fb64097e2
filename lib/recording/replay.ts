/** A recorded dispatch, run again with the charm's code as it is now, on the answers of then. */
import { Readable, Writable } from 'node:stream';
import type { Charm } from '../charm.ts';
import { dispatch, type Host } from '../dispatch/dispatch.ts';
import type { CustomEvents } from '../events/event.ts';
import { type HttpAnswer, HttpConnectionError } from '../http.ts';
import type { EndpointSchemas } from '../model/juju.ts';
import { ApiError, ExecError } from '../pebble/errors.ts';
import type { ExecProcess, Pebble } from '../pebble/pebble.ts';
import type { CharmSpec } from '../spec/spec.ts';
import { Answers, type Found, lineOf } from './answers.ts';
import {
  parseRecording,
  type RecordedCall,
  type RecordedOutcome,
  type RecordedPebble,
  type Recording,
} from './format.ts';
import { decode, encode } from './values.ts';

/** One call of the charm in a replay. */
export interface ReplayedCall {
  /** `status-set --application=false active ""` */
  readonly call: string;
  /** `new`: it is not in the recording; `again`: not so often. */
  readonly answer: 'recorded' | 'again' | 'new';
  /** Of a new call: the recorded one most like it, if there is any of its kind. */
  readonly nearest?: string;
}

/** What came of a recorded dispatch when it ran again. */
export interface Replay {
  readonly exitCode: number;
  /** What the charm threw. */
  readonly error?: unknown;
  readonly calls: readonly ReplayedCall[];
  /** Recorded calls that were not made. */
  readonly missing: readonly string[];
  /** How this run differs from the recorded one, a sentence each; none when it does not. Log lines do not count. */
  readonly differences: readonly string[];
  readonly stderr: string;
}

/** Tools that only tell Juju something: a new one of these gets no error, so that the run goes on. */
const TELLING =
  /^(status-set|relation-set|state-set|state-delete|open-port|close-port|application-version-set|action-(set|log|fail)|secret-(set|grant|revoke|remove)|juju-(log|reboot))$/;
/** Methods of Pebble that change something. */
const CHANGING =
  /^(addLayer|start|stop|restart|autostart|replan|sendSignal|startChecks|stopChecks|push|makeDir|remove|notify|replaceIdentities|removeIdentities)$/;
const LOG = 'juju-log';

/** How a recorded dispatch is run again. */
export interface ReplayOptions {
  /** Where to stop for a debugger, as `JUJU_DEBUG_AT` says it: `hook`, `all`, or names of breakpoints. */
  readonly debugAt?: string | undefined;
  /** The charm's folder here; the working directory when absent. */
  readonly charmDir?: string;
}

/**
 * Runs the dispatch again. Nothing outside this process is touched: hook tools, Pebble and HTTP requests are answered
 * from the recording.
 *
 * @example
 * const recording = parseRecording(await readFile('recordings/update-status.json', 'utf8'), 'the recording');
 * expect((await replay(web, recording)).differences).toEqual([]);
 */
export async function replay<S extends CharmSpec, R extends EndpointSchemas<S>, C extends CustomEvents>(
  charm: Charm<S, R, C>,
  recorded: Recording,
  { debugAt, charmDir = process.cwd() }: ReplayOptions = {},
): Promise<Replay> {
  const recording = movedTo(charmDir, recorded);
  const answers = new Answers(recording.calls);
  const calls: ReplayedCall[] = [];
  let stderr = '';
  const host: Host = {
    env: { ...recording.environment, JUJU_DEBUG_AT: debugAt },
    tools: { run: async (tool, args, stdin) => answerTool(answers, calls, tool, args, stdin) },
    pebble: (container) => replayedPebble(answers, calls, container),
    serviceAccount: async () =>
      recording.serviceAccount && { ...recording.serviceAccount, token: '', authority: '' },
    files: replayedFiles(recording.files),
    remembersRemoteData: true,
    keepTrace: () => undefined,
    stdout: () => undefined,
    stderr: (text) => {
      // Where a debugger is waited for must be read before.
      if (debugAt !== undefined) process.stderr.write(text);
      else stderr += text;
    },
  };
  const straighten = await replayHttp(answers, calls);
  const end = await dispatch(charm, host, { rethrow: true })
    .then((exitCode) => ({ exitCode }))
    .catch((error: unknown) => ({ exitCode: 1, error }))
    .finally(straighten);
  const missing = answers.unused.filter((call) => call.kind !== 'tool' || call.tool !== LOG).map(lineOf);
  return {
    ...end,
    calls,
    missing,
    differences: differences(recording, end.exitCode, calls, missing),
    stderr,
  };
}

function differences(
  recording: Recording,
  exitCode: number,
  calls: readonly ReplayedCall[],
  missing: readonly string[],
): string[] {
  const said = calls.flatMap(({ call, answer, nearest }) => {
    if (answer === 'recorded' || call.startsWith(`${LOG} `)) return [];
    if (answer === 'again') return [`asked more often than recorded: ${call}`];
    return [`not recorded: ${call}${nearest === undefined ? '' : `\n  the nearest is: ${nearest}`}`];
  });
  return [
    ...counted(said),
    ...missing.map((call) => `recorded, and not asked: ${call}`),
    ...(exitCode === recording.exitCode ? [] : [`exit code ${exitCode}; recorded is ${recording.exitCode}`]),
  ];
}

/** Each once, with how often it was said: a charm that waits asks the same again and again. */
function counted(lines: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1);
  return [...counts].map(([line, count]) =>
    count === 1 ? line : line.replace(/(\n|$)/, ` (${count} times)$1`),
  );
}

function answerTool(
  answers: Answers,
  calls: ReplayedCall[],
  tool: string,
  args: readonly string[],
  stdin: string | undefined,
) {
  const asked = { kind: 'tool' as const, tool, args: [...args], ...(stdin === undefined ? {} : { stdin }) };
  const found = answers.find(asked);
  note(calls, lineOf(asked), found);
  if (found.kind !== 'unknown') return found.call;
  if (TELLING.test(tool)) return { code: 0, stdout: '', stderr: '' };
  return { code: 1, stdout: '', stderr: `ERROR the recording has no answer to this call of ${tool}\n` };
}

function replayedPebble(answers: Answers, calls: ReplayedCall[], container: string): Pebble {
  const ask = (method: string, args: readonly unknown[]): unknown => {
    // As JSON has them: an argument that is undefined at the end is none.
    const encoded: unknown[] = JSON.parse(JSON.stringify(args.map(encode)));
    const asked = { kind: 'pebble', container, method, args: encoded } as const;
    const found = answers.find(asked);
    note(calls, lineOf(asked), found);
    const call: RecordedPebble | undefined = found.kind === 'unknown' ? undefined : found.call;
    if (call !== undefined) return method === 'exec' ? endedProcess(args, call.outcome) : given(call.outcome);
    if (!CHANGING.test(method))
      throw new ApiError(404, 'not-recorded', `the recording has no answer to this ${method}`, method);
    return found.kind === 'unknown' && found.nearest !== undefined ? given(found.nearest.outcome) : undefined;
  };
  const handler: ProxyHandler<object> = {
    get: (_, method) =>
      typeof method === 'string' && method !== 'then'
        ? async (...args: readonly unknown[]) => ask(method, args)
        : undefined,
  };
  // Whatever method is called, the recording answers it or says that it cannot.
  return new Proxy({}, handler) as Pebble;
}

/** Wherever the unit's own folder of the charm stands in it, this one does. */
function movedTo(charmDir: string, recording: Recording): Recording {
  const { JUJU_CHARM_DIR: there = '' } = recording.environment;
  if (there === '') return recording;
  const text = JSON.stringify(recording).replaceAll(JSON.stringify(there).slice(1, -1), charmDir);
  return parseRecording(text, 'the recording');
}

function replayedFiles(files: Recording['files']): Host['files'] {
  const now = new Map(
    Object.entries(files).flatMap(([name, text]) => (text === null ? [] : [[name, text] as const])),
  );
  return {
    read: (name) => now.get(name),
    write: (name, text) => void now.set(name, text),
    remove: (name) => void now.delete(name),
  };
}

/** @throws what was thrown then. */
function given(outcome: RecordedOutcome): unknown {
  if ('error' in outcome) throw decode(outcome.error);
  return decode(outcome.value);
}

/** A command as it ended then; its standard input leads nowhere. */
function endedProcess([command]: readonly unknown[], outcome: RecordedOutcome): ExecProcess {
  const end = given(outcome);
  const field = (name: string): unknown =>
    typeof end === 'object' && end !== null ? Reflect.get(end, name) : undefined;
  const [stdout, stderr] = [String(field('stdout') ?? ''), String(field('stderr') ?? '')];
  const code = Number(field('code') ?? 0);
  const words = Array.isArray(command) ? command.map(String) : [];
  return {
    changeId: '1',
    stdin: new Writable({ write: (_, __, done) => done() }),
    stdout: Readable.from([Buffer.from(stdout)]),
    stderr: field('stderr') === null ? null : Readable.from([Buffer.from(stderr)]),
    async wait() {
      if (code !== 0) throw new ExecError(words, code, null, null);
    },
    async output() {
      if (code !== 0) throw new ExecError(words, code, stdout, stderr);
      return { stdout, stderr };
    },
    sendSignal() {},
    resize() {},
  };
}

async function replayHttp(answers: Answers, calls: ReplayedCall[]): Promise<() => void> {
  // It loads undici, which a test without a replay need not wait for.
  const { answerHttp } = await import('./http.ts');
  return answerHttp(({ method, url }) => {
    const asked = { kind: 'http', method, url } as const;
    const found = answers.find(asked);
    note(calls, lineOf(asked), found);
    if (found.kind === 'unknown')
      throw new HttpConnectionError(`${method} ${url}`, 'ENOTRECORDED', 'the recording has no answer to it');
    const answer = given(found.call.outcome);
    // What `record` wrote: an answer, its body as text where it was text.
    const { status, headers, body } = answer as Omit<HttpAnswer, 'body'> & { body: string | Buffer };
    return { status, headers, body: Buffer.from(body) };
  });
}

function note(calls: ReplayedCall[], call: string, found: Found<RecordedCall>): void {
  if (found.kind !== 'unknown') calls.push({ call, answer: found.kind });
  else
    calls.push({
      call,
      answer: 'new',
      ...(found.nearest === undefined ? {} : { nearest: lineOf(found.nearest) }),
    });
}
