/** What the Mimir of this container says to a configuration: the image may be of another release than ours. */
import { ExecError, type Pebble } from 'charmwright/pebble';
import { reasonOf } from './mimir-errors.ts';

/** Why it would not start on the configuration, in its words; undefined when it would. */
export async function refusalOf(pebble: Pebble, config: string): Promise<string | undefined> {
  const command = ['/bin/mimir', '-modules', '-config.file=/dev/stdin'];
  const process = await pebble.exec(command, { stdin: config, timeoutMs: 20_000 });
  try {
    await process.output();
    return undefined;
  } catch (error) {
    if (!(error instanceof ExecError)) throw error;
    // The last lines name the fault; those before are the usage.
    return reasonOf((error.stderr ?? '').trim().split('\n').slice(-3).join('\n')) || error.message;
  }
}
