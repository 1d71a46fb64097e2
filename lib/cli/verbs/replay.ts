/** `charmwright replay FILE`: a recorded dispatch of a unit, run again from the shell. */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import type { Charm } from '../../charm.ts';
import { CharmwrightError } from '../../errors.ts';
import { parseRecording, type Recording } from '../../recording/format.ts';
import { type Replay, type ReplayedCall, replay as runAgain } from '../../recording/replay.ts';
import { UsageError, type Verb } from '../verb.ts';

export const replay: Verb = {
  usage: 'FILE [--charm FILE]',
  details: `Runs the dispatch that is recorded in FILE again, with the charm's code as it is now: hook tools,
Pebble and HTTP requests are answered from the recording, and nothing outside is touched. Prints each
call, and what is otherwise than recorded; the exit code is 0 when nothing is.

--charm FILE  the module that declares the charm; charm/charm.ts when absent.

To stop for a debugger before each handler, or at a breakpoint that the charm names:
  JUJU_DEBUG_AT=hook charmwright replay FILE`,
  async run(args) {
    const options = { charm: { type: 'string', default: 'charm/charm.ts' } } as const;
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const [file, ...rest] = positionals;
    if (file === undefined || rest.length > 0) throw new UsageError('name one recording');
    const text = await readFile(file, 'utf8').catch((cause: Error) => {
      throw new CharmwrightError(`cannot read ${file}: ${cause.message}`, { cause });
    });
    const recording = parseRecording(text, file);
    const done = await runAgain(await loadCharm(values.charm), recording, {
      debugAt: process.env.JUJU_DEBUG_AT,
      // charm/charm.ts lies in the charm's folder.
      charmDir: dirname(dirname(resolve(values.charm))),
    });
    process.stdout.write(report(recording, done));
    return done.differences.length === 0 ? 0 : 1;
  },
};

/** @throws CharmwrightError when the module exports none, or does not load. */
async function loadCharm(file: string): Promise<Charm> {
  const module: unknown = await import(pathToFileURL(resolve(file)).href).catch((cause: Error) => {
    throw new CharmwrightError(`cannot load the charm from ${file}: ${cause.message}`, { cause });
  });
  const found = Object.values(module ?? {}).find(isCharm);
  if (found === undefined)
    throw new CharmwrightError(
      `${file} exports no charm: name the module that calls defineCharm with --charm`,
    );
  return found;
}

function isCharm(value: unknown): value is Charm {
  if (typeof value !== 'object' || value === null || !('spec' in value)) return false;
  const { spec } = value;
  return typeof spec === 'object' && spec !== null && 'endpoints' in spec && 'actions' in spec;
}

const SIGNS: Readonly<Record<ReplayedCall['answer'], string>> = { recorded: ' ', again: '=', new: '+' };

function report({ environment, started, exitCode, masked }: Recording, done: Replay): string {
  const hook = (environment.JUJU_DISPATCH_PATH ?? '').replace(/^.*\//, '');
  const hidden = Object.keys(masked).length;
  const lines = [
    `${hook} of ${environment.JUJU_UNIT_NAME ?? 'a unit'}, recorded ${started}`,
    ...folded(done.calls.map(({ call, answer }) => `${SIGNS[answer]} ${call}`)),
    ...done.missing.map((call) => `- ${call}`),
    `exit code ${done.exitCode}, recorded ${exitCode}`,
    ...(done.error === undefined ? [] : [described(done.error)]),
    '',
    ...(done.differences.length === 0 ? ['no differences'] : done.differences),
    ...(done.differences.length > 0 && hidden > 0 ? [`\n${hidden} ${MASKED}`] : []),
  ];
  return `${done.stderr}${lines.join('\n')}\n`;
}

const MASKED =
  'secret values are masked in this recording, and what is computed from them, such as a digest, comes out otherwise; CHARMWRIGHT_RECORD_SECRETS=true records them as they are';

/** The same line several times in a row is shown once. */
function folded(lines: readonly string[]): string[] {
  const runs: { line: string; count: number }[] = [];
  for (const line of lines) {
    const last = runs.at(-1);
    if (last?.line === line) last.count += 1;
    else runs.push({ line, count: 1 });
  }
  return runs.map(({ line, count }) => (count === 1 ? line : `${line} (${count} times)`));
}

function described(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
