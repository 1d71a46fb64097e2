/** What a charm's main file calls: one dispatch with the real Juju around it. */
import { existsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Charm } from '../charm.ts';
import { NotAllowedError } from '../errors.ts';
import type { CustomEvents } from '../events/event.ts';
import type { Environment } from '../events/parse.ts';
import { EARLY, EarlyTools } from '../hook-tools/early.ts';
import { processRunner } from '../hook-tools/process-runner.ts';
import { takesServiceContext } from '../juju-version.ts';
import type { ServiceAccount } from '../kubernetes/service-account.ts';
import { JujuLog } from '../log.ts';
import { charmFiles } from '../model/charm-files.ts';
import type { EndpointSchemas } from '../model/juju.ts';
import type { Pebble } from '../pebble/pebble.ts';
import type { CharmSpec } from '../spec/spec.ts';
import { dispatch, type Host } from './dispatch.ts';
import { GUARD, legacyHookOf, runLegacyHook } from './legacy-hook.ts';

/** While it is in the charm's folder, each dispatch of the unit is recorded into it. */
export const RECORDINGS = '.charmwright-recordings';

/**
 * Handles the event that Juju's environment describes and sets the process's exit code. A legacy hook of the event's
 * name runs before it, and ends it when it fails.
 */
export async function run<S extends CharmSpec, R extends EndpointSchemas<S>, C extends CustomEvents>(
  charm: Charm<S, R, C>,
): Promise<void> {
  // A legacy hook that calls dispatch again: the dispatch that called it handles the event.
  if (process.env[GUARD] !== undefined) return;
  process.env[GUARD] = '1';
  const charmDir = process.env.JUJU_CHARM_DIR ?? process.env.CHARM_DIR ?? process.cwd();
  const code = await legacyHook(charmDir);
  if (code !== 0) process.exitCode = code;
  else await handle(charm, charmDir);
}

async function legacyHook(charmDir: string): Promise<number> {
  const file = legacyHookOf(process.env, charmDir);
  if (file === undefined) return 0;
  const log = new JujuLog(processRunner, (text) => process.stderr.write(text));
  const code = await runLegacyHook(file, charmDir, process.env, process.argv[1] ?? '', log);
  await log.drain();
  // It may have changed what was asked for before it.
  delete process.env[EARLY];
  return code;
}

async function handle<S extends CharmSpec, R extends EndpointSchemas<S>, C extends CustomEvents>(
  charm: Charm<S, R, C>,
  charmDir: string,
): Promise<void> {
  const { CHARMWRIGHT_SEND_TRACES: waiting } = process.env;
  if (waiting !== undefined) return sendTraces(charm, waiting);
  const pebbles = await pebblesOf(charm.spec);
  const tools = new EarlyTools(processRunner, process.env);
  const host: Host = {
    env: process.env,
    tools,
    pebble: pebbles.of,
    serviceAccount: podAccount,
    files: charmFiles(charmDir),
    remembersRemoteData: true,
    // Not through process.stdout, whose making takes a millisecond.
    stdout: (text) => writeSync(1, text),
    stderr: (text) => process.stderr.write(text),
  };
  const folder = recordingFolder(process.env);
  process.exitCode = folder === undefined ? await dispatch(charm, host) : await recorded(charm, host, folder);
  if (process.exitCode === 0) tools.keep(host.files);
  await pebbles.close();
}

/** Outside of Kubernetes nothing is loaded for it. */
async function podAccount(): Promise<ServiceAccount | undefined> {
  if (process.env.KUBERNETES_SERVICE_HOST === undefined) return undefined;
  return (await import('../kubernetes/service-account.ts')).podServiceAccount(process.env);
}

/** What a dispatch leaves behind to be done after its end; see tracing/sender.ts. */
async function sendTraces<S extends CharmSpec, R extends EndpointSchemas<S>>(
  { parts = [] }: Charm<S, R>,
  folder: string,
): Promise<void> {
  for (const part of parts) await part.sendTraces?.(folder);
}

interface Pebbles {
  of(container: string): Pebble;
  close(): Promise<void>;
}

/** The client is loaded only for a charm that has containers. */
async function pebblesOf({ containers }: CharmSpec): Promise<Pebbles> {
  if (Object.keys(containers).length === 0) {
    return {
      of: (name) => {
        throw new NotAllowedError(`metadata.yaml declares no container, so there is none named "${name}"`);
      },
      close: () => Promise.resolve(),
    };
  }
  const { PebbleClient } = await import('../pebble/client.ts');
  const clients = new Map<string, Pebble & { close(): Promise<void> }>();
  return {
    of: (name) => {
      const client =
        clients.get(name) ??
        new PebbleClient({
          socketPath: `/charm/containers/${name}/pebble.socket`,
          takesServiceContext: takesServiceContext(process.env.JUJU_VERSION),
        });
      clients.set(name, client);
      return client;
    },
    close: async () => {
      await Promise.all([...clients.values()].map((client) => client.close()));
    },
  };
}

/** `-` is standard output. */
function recordingFolder(env: Environment): string | undefined {
  if (env.CHARMWRIGHT_RECORD) return env.CHARMWRIGHT_RECORD;
  const folder = join(env.JUJU_CHARM_DIR ?? '.', RECORDINGS);
  return existsSync(folder) ? folder : undefined;
}

/** What comes of a dispatch does not depend on whether its recording could be written. */
async function recorded<S extends CharmSpec, R extends EndpointSchemas<S>, C extends CustomEvents>(
  charm: Charm<S, R, C>,
  host: Host,
  folder: string,
): Promise<number> {
  const { record } = await import('../recording/recorder.ts');
  const recorder = record(charm.spec.name, host, folder);
  const exitCode = await dispatch(charm, recorder.host);
  await recorder
    .end(exitCode)
    .catch((error: unknown) => host.stderr(`cannot write the recording: ${error}\n`));
  return exitCode;
}
