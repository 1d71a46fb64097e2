/** What a charm's main file calls: one dispatch with the real Juju around it. */
import { writeSync } from 'node:fs';
import type { Charm } from '../charm.ts';
import { processRunner } from '../hook-tools/process-runner.ts';
import { takesServiceContext } from '../juju-version.ts';
import { charmFiles } from '../model/charm-files.ts';
import type { EndpointSchemas } from '../model/juju.ts';
import { PebbleClient } from '../pebble/client.ts';
import type { CharmSpec } from '../spec/spec.ts';
import { dispatch } from './dispatch.ts';

/** Handles the event that Juju's environment describes and sets the process's exit code. */
export async function run<S extends CharmSpec, R extends EndpointSchemas<S>>(
  charm: Charm<S, R>,
): Promise<void> {
  const clients = new Map<string, PebbleClient>();
  process.exitCode = await dispatch(charm, {
    env: process.env,
    tools: processRunner,
    pebble: (container) => {
      const client =
        clients.get(container) ??
        new PebbleClient({
          socketPath: `/charm/containers/${container}/pebble.socket`,
          takesServiceContext: takesServiceContext(process.env.JUJU_VERSION),
        });
      clients.set(container, client);
      return client;
    },
    files: charmFiles(process.env.JUJU_CHARM_DIR ?? process.cwd()),
    // Not through process.stdout, whose making takes a millisecond.
    stdout: (text) => writeSync(1, text),
    stderr: (text) => process.stderr.write(text),
  });
  await Promise.all([...clients.values()].map((client) => client.close()));
}
