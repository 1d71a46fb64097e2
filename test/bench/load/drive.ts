/** The load generator's process, in the model's network. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { parseJson } from '../../../lib/json.ts';
import { type Order, type Result, resultShape } from './protocol.ts';

type WithoutPlace<T> = T extends unknown ? Omit<T, 'urls' | 'series'> : never;

export class Generator {
  readonly #place: Pick<Order, 'urls' | 'series'>;
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #answers: AsyncIterator<string>;

  /** @param daemon pid of a process that is in the network. */
  constructor(daemon: number, urls: readonly string[], series: number) {
    this.#place = { urls: [...urls], series };
    // Root of this machine needs no user namespace to enter a network; others enter the one that they have made.
    const user = process.getuid?.() === 0 ? [] : ['--user', '--preserve-credentials'];
    const enter = ['--target', String(daemon), ...user, '--net', '--'];
    const command = [process.execPath, join(import.meta.dirname, 'generator.ts')];
    this.#process = spawn('nsenter', [...enter, ...command], { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines: Interface = createInterface({ input: this.#process.stdout });
    this.#answers = lines[Symbol.asyncIterator]();
  }

  /** @throws when the generator has ended. */
  async obey(order: WithoutPlace<Order>): Promise<Result> {
    this.#process.stdin.write(`${JSON.stringify({ ...order, ...this.#place })}\n`);
    const { value, done } = await this.#answers.next();
    if (done === true) throw new Error(`the load generator ended at ${JSON.stringify(order)}`);
    return resultShape.parse(parseJson(value));
  }

  end(): void {
    this.#process.kill();
  }
}
