/** What a charm's main file calls: one dispatch with the real Juju around it. */
import { writeSync } from 'node:fs';
import type { Charm } from '../charm.ts';
import { NotAllowedError } from '../errors.ts';
import { withEarlyState } from '../hook-tools/early-state.ts';
import { processRunner } from '../hook-tools/process-runner.ts';
import { takesServiceContext } from '../juju-version.ts';
import { charmFiles } from '../model/charm-files.ts';
import type { EndpointSchemas } from '../model/juju.ts';
import type { Pebble } from '../pebble/pebble.ts';
import type { CharmSpec } from '../spec/spec.ts';
import { dispatch } from './dispatch.ts';

/** Handles the event that Juju's environment describes and sets the process's exit code. */
export async function run<S extends CharmSpec, R extends EndpointSchemas<S>>(
  charm: Charm<S, R>,
): Promise<void> {
  const pebbles = await pebblesOf(charm.spec);
  process.exitCode = await dispatch(charm, {
    env: process.env,
    tools: withEarlyState(processRunner, process.env),
    pebble: pebbles.of,
    files: charmFiles(process.env.JUJU_CHARM_DIR ?? process.cwd()),
    // Not through process.stdout, whose making takes a millisecond.
    stdout: (text) => writeSync(1, text),
    stderr: (text) => process.stderr.write(text),
  });
  await pebbles.close();
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
