/** One project of vitest.config.ts, run as a process of its own, and what it came to. */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import * as z from 'zod';

export interface Count {
  readonly passed: number;
  readonly failed: number;
  /** Tests that say why they cannot run here, such as without Python. */
  readonly skipped: number;
}

export interface Failure {
  readonly file: string;
  readonly test: string;
  /** The beginning of what it said. */
  readonly why: string;
}

export interface SuiteOutcome {
  readonly count: Count;
  readonly failures: readonly Failure[];
  /** What failed at first and passed when its file was run again. */
  readonly unsteady: readonly Failure[];
  /** By file, of the first run. */
  readonly seconds: ReadonlyMap<string, number>;
}

const durationsShape = z.record(z.string(), z.number());
const DURATIONS_REPORTER = join(import.meta.dirname, 'file-durations.ts');
const LONGEST_WHY = { lines: 30, columns: 1200 };

const reportShape = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      message: z.optional(z.string()),
      assertionResults: z.array(
        z.object({
          fullName: z.string(),
          status: z.string(),
          failureMessages: z.nullish(z.array(z.string())),
        }),
      ),
    }),
  ),
});
type FileReport = z.infer<typeof reportShape>['testResults'][number];

/**
 * @param again whether files that failed are run a second time, alone: suites of real programs share a machine with
 * whoever else is on it, and what the machine did to them is told apart from what the code did. Both are printed.
 * @throws when vitest leaves no report.
 */
export async function runVitest(project: string, scratch: string, again: boolean): Promise<SuiteOutcome> {
  const first = await once(project, join(scratch, `${project}.json`), []);
  const bad = first.files.filter(hasFailed);
  const outside = first.code !== 0 && bad.length === 0;
  if (!again || bad.length === 0) return outcome(first, [], outside);
  const names = bad.map(({ name }) => name);
  console.log(`\n=== ${project}: ${names.length} file(s) again`);
  const second = await once(project, join(scratch, `${project}-again.json`), names);
  const steady = first.files.filter((file) => !hasFailed(file));
  const unsteady = bad.filter(({ name }) =>
    second.files.some((file) => file.name === name && !hasFailed(file)),
  );
  return outcome({ ...first, files: [...steady, ...second.files] }, unsteady.flatMap(failuresOf), outside);
}

function outcome({ files, seconds }: Run, unsteady: readonly Failure[], outside: boolean): SuiteOutcome {
  const tests = files.flatMap(({ assertionResults }) => assertionResults);
  const failures = files.flatMap(failuresOf);
  const count = (...statuses: string[]) => tests.filter(({ status }) => statuses.includes(status)).length;
  return {
    count: {
      passed: count('passed'),
      // An error outside of all tests fails none of them, and is one failure all the same.
      failed: failures.length + (outside ? 1 : 0),
      skipped: count('skipped', 'pending', 'todo', 'disabled'),
    },
    failures,
    unsteady,
    seconds,
  };
}

interface Run {
  readonly code: number;
  readonly files: readonly FileReport[];
  readonly seconds: SuiteOutcome['seconds'];
}

async function once(project: string, report: string, files: readonly string[]): Promise<Run> {
  const alone = files.length > 0 ? ['--no-file-parallelism'] : [];
  const durations = `${report}.durations`;
  const reporters = [
    '--reporter=default',
    ...['--reporter=json', `--outputFile.json=${report}`],
    ...[`--reporter=${DURATIONS_REPORTER}`, `--outputFile.durations=${durations}`],
  ];
  const code = await runCommand('vitest', ['run', '--project', project, ...reporters, ...alone, ...files]);
  const { testResults } = reportShape.parse(JSON.parse(await readFile(report, 'utf8')));
  const seconds = durationsShape.parse(JSON.parse(await readFile(durations, 'utf8')));
  return { code, files: testResults, seconds: new Map(Object.entries(seconds)) };
}

function hasFailed(file: FileReport): boolean {
  return failuresOf(file).length > 0;
}

/** A file that does not even load has no failed test: it is one failure all the same. */
function failuresOf({ name, status, message, assertionResults }: FileReport): readonly Failure[] {
  const file = relative(process.cwd(), name);
  const failed = assertionResults
    .filter((each) => each.status === 'failed')
    .map(({ fullName, failureMessages }) => ({
      file,
      test: fullName,
      why: beginning(failureMessages ?? []),
    }));
  if (failed.length > 0 || status !== 'failed') return failed;
  return [{ file, test: 'the file as a whole', why: beginning([message ?? '']) }];
}

/** Without the stack inside of the test runner. */
function beginning(messages: readonly string[]): string {
  const lines = messages.flatMap((message) => message.split('\n'));
  return lines
    .filter((line) => !/node_modules|at new Promise/.test(line))
    .slice(0, LONGEST_WHY.lines)
    .map((line) => line.slice(0, LONGEST_WHY.columns))
    .join('\n  ');
}

/** @returns the exit code; 1 for a command that cannot be started. */
export function runCommand(command: string, args: readonly string[]): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
    child.on('error', (error) => {
      console.error(`cannot run ${command}: ${error.message}`);
      resolve(1);
    });
    child.on('close', (code) => resolve(code ?? 1));
  });
}
