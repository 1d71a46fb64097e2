/** `npm test`: every suite, one after another, and one closing line that counts them all. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { z } from 'zod';

interface Count {
  readonly passed: number;
  readonly failed: number;
  /** Tests that say why they cannot run here, such as without Python. */
  readonly skipped: number;
}

interface Failure {
  readonly file: string;
  readonly test: string;
  readonly why: string;
}

interface Suite {
  readonly name: string;
  readonly about: string;
  run(scratch: string): Promise<Count>;
}

const vitestReport = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numFailedTestSuites: z.number(),
  numPendingTests: z.number(),
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

/** Told again at the end, where somebody who has only the last lines of a log finds them. */
const failures: Failure[] = [];

const suites: readonly Suite[] = [
  { name: 'lint', about: 'style, and imports that keep to the house', run: () => npmScript('lint') },
  { name: 'static', about: 'types, and names that must not compile', run: () => npmScript('static') },
  { name: 'unit', about: 'pure parts', run: (scratch) => vitest('unit', scratch) },
  { name: 'scenario', about: 'whole hooks, in process', run: (scratch) => vitest('scenario', scratch) },
  {
    name: 'integration',
    about: 'the packed charms and real peers',
    run: (scratch) => vitest('integration', scratch),
  },
  {
    name: 'both',
    about: 'scenarios again, with the packed charms in the local model',
    run: (scratch) => vitest('both', scratch),
  },
];

const scratch = await mkdtemp(join(tmpdir(), 'suites-'));
const results: { name: string; count: Count }[] = [];
try {
  for (const suite of suites) {
    console.log(`\n=== ${suite.name}: ${suite.about}`);
    results.push({ name: suite.name, count: await suite.run(scratch) });
  }
} finally {
  await rm(scratch, { recursive: true, force: true });
}

for (const { file, test, why } of failures) console.log(`\nFAILED ${file}\n  ${test}\n  ${why}`);
console.log('');
for (const { name, count } of results) {
  const cells = Object.entries(count).map(([word, number]) => `${String(number).padStart(5)} ${word}`);
  console.log(`${name.padEnd(12)}${cells.join('')}`);
}
const passed = results.reduce((sum, { count }) => sum + count.passed, 0);
const failed = results.reduce((sum, { count }) => sum + count.failed, 0);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

/** A suite that is one check: it passes or fails as a whole. */
async function npmScript(name: string): Promise<Count> {
  const code = await run('npm', ['run', '--silent', name]);
  return code === 0 ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 };
}

async function vitest(project: string, scratch: string): Promise<Count> {
  const report = join(scratch, `${project}.json`);
  const code = await run('vitest', [
    'run',
    '--project',
    project,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ]);
  try {
    const parsed = vitestReport.parse(JSON.parse(await readFile(report, 'utf8')));
    const { numPassedTests, numFailedTests, numFailedTestSuites, numPendingTests } = parsed;
    failures.push(...failuresOf(parsed));
    // A file that does not even load counts no failed test: it is one failure all the same.
    const failed = Math.max(
      numFailedTests,
      code === 0 ? 0 : 1,
      numFailedTests === 0 ? numFailedTestSuites : 0,
    );
    return { passed: numPassedTests, failed, skipped: numPendingTests };
  } catch (error) {
    console.error(`${project}: no report: ${error instanceof Error ? error.message : String(error)}`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

function failuresOf({ testResults }: z.infer<typeof vitestReport>): readonly Failure[] {
  return testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = relative(process.cwd(), name);
    const failed = assertionResults
      .filter((each) => each.status === 'failed')
      .map(({ fullName, failureMessages }) => ({
        file,
        test: fullName,
        why: shortened(failureMessages ?? []),
      }));
    const whole = { file, test: 'the file as a whole', why: shortened([message ?? '']) };
    return failed.length === 0 && status === 'failed' ? [whole] : failed;
  });
}

/** The beginning of what a test said, without the stack of the test runner. */
function shortened(messages: readonly string[]): string {
  const lines = messages
    .join('\n')
    .split('\n')
    .filter((line) => !line.includes('node_modules'));
  return lines.slice(0, 12).join('\n  ');
}

function run(command: string, args: readonly string[]): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
    child.on('error', (error) => {
      console.error(`cannot run ${command}: ${error.message}`);
      resolve(1);
    });
    child.on('close', (code) => resolve(code ?? 1));
  });
}
