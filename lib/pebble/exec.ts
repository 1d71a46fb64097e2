import { PebbleError } from './errors.ts';
import type { ExecOptions, ExecProcess } from './pebble.ts';
import type { Transport } from './transport.ts';

export async function startExec(
  _transport: Transport,
  _command: readonly string[],
  _options: ExecOptions,
): Promise<ExecProcess> {
  throw new PebbleError('exec is not here yet');
}
