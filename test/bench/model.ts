/** A local model of the figures' own, driven as a user drives it. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import * as z from 'zod';

const ROOT = join(import.meta.dirname, '../..');
const SETTLE_MS = 60_000;

const status = z.object({
  applications: z.record(
    z.string(),
    z.object({
      units: z
        .record(
          z.string(),
          z.object({ 'juju-status': z.object({ current: z.string() }), address: z.optional(z.string()) }),
        )
        .default({}),
    }),
  ),
});

export class Model {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** A verb that goes on until it is killed. */
  background(...words: readonly string[]): ChildProcess {
    const args = ['--model-dir', this.folder, ...words];
    return spawn(join(ROOT, 'bin', 'juju-local'), args, { stdio: ['ignore', 'ignore', 'pipe'] });
  }

  /** Addresses of an application's units, in order. */
  async addresses(application: string): Promise<readonly string[]> {
    const { applications } = status.parse(JSON.parse(await this.juju('status', '--format', 'json')));
    const units = Object.entries(applications[application]?.units ?? {});
    return units.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, { address = '' }]) => address);
  }

  /** Runs a verb. @returns what it printed. @throws with its words. */
  async juju(...words: readonly string[]): Promise<string> {
    const args = ['--model-dir', this.folder, ...words];
    const { stdout } = await promisify(execFile)(join(ROOT, 'bin', 'juju-local'), args, { maxBuffer: 16e6 });
    return stdout;
  }

  /** A shell's output on a unit, with everything that a hook has. */
  exec(unit: string, script: string): Promise<string> {
    return this.juju('exec', '--unit', unit, '--', script);
  }

  /** Waits until no unit has had anything to do for a second. */
  async settled(): Promise<void> {
    const end = Date.now() + SETTLE_MS;
    for (let calm = 0; calm < 4; calm = (await this.#idle()) ? calm + 1 : 0) {
      if (Date.now() > end) throw new Error(`the units are not idle:\n${await this.juju('status')}`);
      await sleep(250);
    }
  }

  async destroy(): Promise<void> {
    await this.juju('destroy-model', '--no-prompt');
  }

  async #idle(): Promise<boolean> {
    const { applications } = status.parse(JSON.parse(await this.juju('status', '--format', 'json')));
    const units = Object.values(applications).flatMap(({ units }) => Object.values(units));
    return units.every((unit) => unit['juju-status'].current === 'idle');
  }
}
