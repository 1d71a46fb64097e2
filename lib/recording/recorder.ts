/**
 * Goes between a dispatch and the world, and keeps what passes. Loaded only when a recording was asked for: a dispatch
 * without one pays a look at the environment and for a folder.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Host } from '../dispatch/dispatch.ts';
import type { Environment } from '../events/parse.ts';
import type { HttpAnswer } from '../http.ts';
import type { Pebble } from '../pebble/pebble.ts';
import { RECORDING_VERSION, type RecordedCall, type RecordedOutcome, type Recording } from './format.ts';
import { listenToHttp } from './http.ts';
import { maskRecording } from './mask-recording.ts';
import { RecordedProcess } from './process.ts';
import { encode, withoutFile } from './values.ts';

/** `true`: secrets are written as they are. */
const SECRETS = 'CHARMWRIGHT_RECORD_SECRETS';

/** With these somebody could speak to Juju in the unit's name. */
const KEPT_OUT = new Set(['JUJU_CONTEXT_ID', 'JUJU_AGENT_SOCKET_ADDRESS', 'JUJU_AGENT_SOCKET_NETWORK']);

export interface Recorder {
  readonly host: Host;
  /** Writes the file. */
  end(exitCode: number): Promise<void>;
}

/** @param folder where it is written; `-` is standard output. */
export function record(charm: string, world: Host, folder: string): Recorder {
  const started = new Date().toISOString();
  const calls: RecordedCall[] = [];
  const files: Record<string, string | null> = {};
  const pebbles = new Map<string, Pebble>();
  let stderr = '';
  let account: Recording['serviceAccount'];
  const straighten = recordHttp(calls);
  const host: Host = {
    ...world,
    tools: {
      async run(tool, args, stdin) {
        const call = {
          kind: 'tool',
          tool,
          args: args.map(withoutFile),
          code: -1,
          stdout: '',
          stderr: '',
        } as const;
        const place = calls.push({ ...call, ...(stdin === undefined ? {} : { stdin }) }) - 1;
        const answer = await world.tools.run(tool, args, stdin);
        calls[place] = { ...call, ...(stdin === undefined ? {} : { stdin }), ...answer };
        return answer;
      },
    },
    pebble(container) {
      const known = pebbles.get(container) ?? recordPebble(container, world.pebble(container), calls);
      pebbles.set(container, known);
      return known;
    },
    async serviceAccount() {
      const found = await world.serviceAccount?.();
      if (found !== undefined) account = { origin: found.origin, namespace: found.namespace };
      return found;
    },
    files: {
      ...world.files,
      read(name) {
        const text = world.files.read(name);
        files[name] ??= text ?? null;
        return text;
      },
    },
    // Standard output is the recording's alone, when it goes there.
    stdout: folder === '-' ? world.stderr : world.stdout,
    stderr(text) {
      stderr += text;
      world.stderr(text);
    },
  };
  return {
    host,
    async end(exitCode) {
      straighten();
      const recording: Recording = {
        format: 'charmwright-recording',
        version: RECORDING_VERSION,
        started,
        charm,
        environment: known(world.env),
        ...(account !== undefined && { serviceAccount: account }),
        files,
        masked: {},
        calls,
        stderr,
        exitCode,
      };
      const isOpen = world.env[SECRETS] === 'true';
      await write(isOpen ? recording : maskRecording(recording), folder, world.env);
    },
  };
}

async function write(recording: Recording, folder: string, env: Environment): Promise<void> {
  const text = `${JSON.stringify(recording, null, 2)}\n`;
  if (folder === '-') {
    await new Promise<void>((resolve) => void process.stdout.write(text, () => resolve()));
    return;
  }
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const name = `${recording.started.replaceAll(':', '')}-${(env.JUJU_DISPATCH_PATH ?? '').replace(/^.*\//, '')}.json`;
  await writeFile(join(folder, name), text, { mode: 0o600 });
}

function known(env: Environment): Record<string, string> {
  const entries = Object.entries(env).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined &&
      /^(JUJU_|CHARM_DIR$|CLOUD_API_VERSION$)/.test(entry[0]) &&
      !KEPT_OUT.has(entry[0]),
  );
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** Every method of the interface, those that are still to come as well. */
function recordPebble(container: string, pebble: Pebble, calls: RecordedCall[]): Pebble {
  return new Proxy(pebble, {
    get(target, name): unknown {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== 'function' || typeof name !== 'string') return method;
      return async (...args: readonly unknown[]) => {
        const call = { kind: 'pebble', container, method: name, args: args.map(encode) } as const;
        const place = calls.push({ ...call, outcome: { error: NO_ANSWER } }) - 1;
        const answered = (outcome: RecordedOutcome): void => {
          calls[place] = { ...call, outcome };
        };
        try {
          const value: unknown = await Reflect.apply(method, target, args);
          if (name === 'exec') return RecordedProcess.around(value, args, (value) => answered({ value }));
          answered({ value: encode(value) ?? null });
          return value;
        } catch (error) {
          answered({ error: encode(error) });
          throw error;
        }
      };
    },
  });
}

/** The dispatch ended before it came. */
const NO_ANSWER = { $error: 'Error', message: 'the dispatch ended before there was an answer' };

function recordHttp(calls: RecordedCall[]): () => void {
  return listenToHttp((request) => {
    const call = { kind: 'http', ...request } as const;
    const place = calls.push({ ...call, outcome: { error: NO_ANSWER } }) - 1;
    return (outcome) => {
      calls[place] = {
        ...call,
        outcome: 'answer' in outcome ? answered(outcome.answer) : { error: encode(outcome.error) },
      };
    };
  });
}

function answered({ status, headers, body }: HttpAnswer): RecordedOutcome {
  return { value: encode({ status, headers, body: textOrBytes(body) }) };
}

/** A recording is to be read by people. */
function textOrBytes(body: Buffer): string | Buffer {
  const text = body.toString('utf8');
  return Buffer.from(text).equals(body) ? text : body;
}
