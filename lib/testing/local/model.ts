/** One local model, driven by the command line that a user has. It is gone when this process is. */
import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { CharmwrightError } from '../../errors.ts';
import { parseJson } from '../../json.ts';
import { jujuProcess, type RunJuju } from '../../snapshot/commands.ts';
import type { LocalSettings } from './settings.ts';

const info = z.object({ current: z.string(), message: z.string().optional(), since: z.string() });
const statusShape = z.object({
  applications: z.record(
    z.string(),
    z.object({
      life: z.string().optional(),
      units: z
        .record(
          z.string(),
          z.object({ life: z.string().optional(), 'workload-status': info, 'juju-status': info }),
        )
        .optional(),
    }),
  ),
});
type Status = z.infer<typeof statusShape>;

/** Every agent has had nothing to do for so long, and nothing has changed meanwhile. */
const REST_MS = 1_500;
const POLL_MS = 300;

export class LocalModel {
  readonly dir: string;
  readonly run: RunJuju;
  readonly #seconds: number;

  private constructor(dir: string, settings: LocalSettings) {
    this.dir = dir;
    this.#seconds = settings.seconds;
    this.run = jujuProcess([...settings.command, '--model-dir', join(dir, 'model')]);
  }

  static async make(name: string, settings: LocalSettings): Promise<LocalModel> {
    const dir = mkdtempSync(join(tmpdir(), 'charmwright-bed-'));
    const model = new LocalModel(dir, settings);
    destroyAtTheEnd(dir, settings);
    await model.do('add-model', name);
    // A failed hook is the outcome of the test, and stays as it is.
    await model.do('model-config', 'automatically-retry-hooks=false');
    return model;
  }

  /** @throws CharmwrightError in the command's words. */
  async do(...words: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(words);
    if (code === 0) return stdout;
    const said =
      stderr
        .trim()
        .split('\n')
        .at(-1)
        ?.replace(/^ERROR /, '') ?? `exit code ${code}`;
    throw new CharmwrightError(`the local model refused "juju-local ${words.join(' ')}": ${said}`);
  }

  /** A shell's line in the charm container of a unit, in a hook context. */
  exec(unit: string, line: string): Promise<string> {
    return this.do('exec', '--unit', unit, '--', line);
  }

  /** Waits until every unit rests, in error or not. @throws CharmwrightError with the status when they do not in time */
  async settle(): Promise<void> {
    const deadline = Date.now() + this.#seconds * 1000;
    let [last, since] = ['', Date.now()];
    for (;;) {
      const { rests, text } = await this.#look();
      if (text !== last || !rests) [last, since] = [text, Date.now()];
      else if (Date.now() - since >= REST_MS) return;
      if (Date.now() > deadline)
        throw new CharmwrightError(
          `the local model has not come to rest within ${this.#seconds} s:\n${await this.do('status')}\n${await this.log()}`,
        );
      await sleep(POLL_MS);
    }
  }

  /** What the unit shows when a hook of it has failed. */
  async failure(unit: string): Promise<string | undefined> {
    const { applications } = await this.#status();
    const shown = applications[unit.slice(0, unit.lastIndexOf('/'))]?.units?.[unit]?.['workload-status'];
    return shown?.current === 'error' ? (shown.message ?? 'a hook failed') : undefined;
  }

  /** The last lines of the model's log. */
  log(lines = 40): Promise<string> {
    return this.do('debug-log', '--no-tail', '--limit', String(lines));
  }

  async writeCharm(name: string, files: Readonly<Record<string, string>>): Promise<string> {
    const dir = join(this.dir, 'charms', name);
    await mkdir(dir, { recursive: true });
    for (const [file, text] of Object.entries(files)) await writeFile(join(dir, file), text, { mode: 0o755 });
    return dir;
  }

  async #status(): Promise<Status> {
    return statusShape.parse(parseJson(await this.do('status', '--format', 'json')));
  }

  async #look(): Promise<{ readonly rests: boolean; readonly text: string }> {
    const { applications } = await this.#status();
    const rests = Object.values(applications).every(
      ({ life, units = {} }) =>
        isAlive(life) &&
        Object.values(units).every(
          (unit) =>
            isAlive(unit.life) &&
            (unit['juju-status'].current === 'idle' || unit['workload-status'].current === 'error'),
        ),
    );
    return { rests, text: JSON.stringify(applications) };
  }
}

function isAlive(life: string | undefined): boolean {
  return life === undefined || life === '' || life === 'alive';
}

/** By a process that outlives this one, however this one ends. */
function destroyAtTheEnd(dir: string, { command }: LocalSettings): void {
  const script =
    'pid=$1; dir=$2; shift 2; while kill -0 "$pid" 2>/dev/null; do sleep 1; done; "$@" --model-dir "$dir/model" destroy-model --no-prompt; rm -rf "$dir"';
  const words = ['-c', script, 'sh', String(process.pid), dir, ...command];
  spawn('sh', words, { detached: true, stdio: 'ignore' }).unref();
}
