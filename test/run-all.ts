/** `npm test`: every suite, one after another, and one closing line that counts them all. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';

interface Count {
  readonly passed: number;
  readonly failed: number;
  /** Tests that say why they cannot run here, such as without Python. */
  readonly skipped: number;
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
});

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
    const { numPassedTests, numFailedTests, numFailedTestSuites, numPendingTests } = vitestReport.parse(
      JSON.parse(await readFile(report, 'utf8')),
    );
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
