/** `npm test`: every suite, one after another, and one closing line that counts them all. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type Failure, runCommand, runVitest, type SuiteOutcome } from './support/vitest-suite.ts';

interface Suite {
  readonly name: string;
  readonly about: string;
  run(scratch: string): Promise<SuiteOutcome>;
}

const suites: readonly Suite[] = [
  { name: 'lint', about: 'style, and imports that keep to the house', run: () => npmScript('lint') },
  { name: 'static', about: 'types, and names that must not compile', run: () => npmScript('static') },
  { name: 'unit', about: 'pure parts', run: (scratch) => runVitest('unit', scratch, false) },
  {
    name: 'scenario',
    about: 'whole hooks, in process',
    run: (scratch) => runVitest('scenario', scratch, false),
  },
  {
    name: 'integration',
    about: 'the packed charms and real peers',
    run: (scratch) => runVitest('integration', scratch, true),
  },
  {
    name: 'both',
    about: 'scenarios again, with the packed charms in the local model',
    run: (scratch) => runVitest('both', scratch, true),
  },
];

/** Files that take longer are named: test/support/longest-first.ts has them in this order. */
const LONG_SECONDS = 90;

const scratch = await mkdtemp(join(tmpdir(), 'suites-'));
const results: { readonly name: string; readonly outcome: SuiteOutcome; readonly seconds: number }[] = [];
try {
  for (const suite of suites) {
    console.log(`\n=== ${suite.name}: ${suite.about}`);
    const begun = performance.now();
    const outcome = await outcomeOf(suite);
    results.push({ name: suite.name, outcome, seconds: (performance.now() - begun) / 1000 });
  }
} finally {
  await rm(scratch, { recursive: true, force: true });
}

// Told again at the end, where somebody who has only the last lines of a log finds them.
for (const { outcome } of results) {
  outcome.unsteady.forEach(tell('PASSED ONLY AT THE SECOND TRY'));
  outcome.failures.forEach(tell('FAILED'));
}
for (const { name, outcome } of results) {
  const long = [...outcome.seconds].filter(([, seconds]) => seconds >= LONG_SECONDS);
  const told = long.sort(([, one], [, other]) => other - one).map(taken);
  if (told.length > 0) console.log(`\n${name}, what takes long: ${told.join(', ')}`);
}
console.log('');
for (const { name, outcome, seconds } of results) {
  const cells = Object.entries(outcome.count).map(
    ([word, number]) => `${String(number).padStart(5)} ${word}`,
  );
  console.log(`${name.padEnd(12)}${cells.join('')}${seconds.toFixed(0).padStart(7)} s`);
}
const total = (word: 'passed' | 'failed') =>
  results.reduce((sum, { outcome }) => sum + outcome.count[word], 0);
console.log(`${total('passed')} passed, ${total('failed')} failed`);
process.exitCode = total('failed') === 0 ? 0 : 1;

async function outcomeOf(suite: Suite): Promise<SuiteOutcome> {
  try {
    return await suite.run(scratch);
  } catch (error) {
    const why = `no report: ${error instanceof Error ? error.message : String(error)}`;
    return failed({ file: suite.name, test: 'the suite as a whole', why });
  }
}

/** A suite that is one check: it passes or fails as a whole. */
async function npmScript(name: string): Promise<SuiteOutcome> {
  const code = await runCommand('npm', ['run', '--silent', name]);
  if (code !== 0) return failed({ file: name, test: `npm run ${name}`, why: `ended with ${code}` });
  return { count: { passed: 1, failed: 0, skipped: 0 }, failures: [], unsteady: [], seconds: new Map() };
}

function failed(failure: Failure): SuiteOutcome {
  return {
    count: { passed: 0, failed: 1, skipped: 0 },
    failures: [failure],
    unsteady: [],
    seconds: new Map(),
  };
}

function tell(word: string): (failure: Failure) => void {
  return ({ file, test, why }) => console.log(`\n${word}: ${file}\n  ${test}\n  ${why}`);
}

function taken([file, seconds]: readonly [string, number]): string {
  return `${basename(file, '.test.ts')} ${seconds.toFixed(0)} s`;
}
