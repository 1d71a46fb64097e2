/** The commands of docs/how-to/by-hand.md, as they stand there, against a Mimir that the charm has deployed. */
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ConsoleCommand, consoleCommands, looksLike, shownFile } from '../support/console-page.ts';
import { TestModel } from '../support/local-model.ts';
import { deployTester, packTester } from '../support/tester-charm.ts';

const ROOT = join(import.meta.dirname, '../..');
const commands = await consoleCommands(join(ROOT, 'docs/how-to/by-hand.md'));

let model: TestModel;
let folder: string;
let mimir: string;

beforeAll(async () => {
  model = await TestModel.start();
  folder = join(model.dir, 'by-hand');
  await mkdir(folder);
  await model.deployMimir();
  // In the role of the sender that the page names.
  await deployTester(model, await packTester(model.dir), 'grafana-agent-k8s', {
    targets: ['localhost:9090'],
    'scrape-interval': '2s',
  });
  await model.untilUnit('mimir-k8s/0', 'active', /./);
  await model.untilUnit('grafana-agent-k8s/0', 'waiting', /^for a URL/);
  mimir = new URL(await model.forward('mimir-k8s', 9009)).host;
});

afterAll(() => model?.[Symbol.asyncDispose]());

test('the page has commands to run', () => expect(commands.length).toBeGreaterThan(10));

// Each builds on those before it.
test.each(
  commands.map((command, i) => [`${i + 1}`, command.command, command] as const),
)('%s. %s', async (_number, _command, command) => {
  const file = shownFile(command);
  if (file !== undefined) return writeFile(join(folder, file.name), file.content);
  // What arrives, or is evaluated, takes a moment: a reader asks again. What changes something is done once.
  if (!isQuestion(command)) return expectShown(await run(command), command);
  await expect
    .poll(async () => looksLike(await run(command), command.output), { timeout: 150_000, interval: 1000 })
    .toBe(true)
    .catch(async () => expectShown(await run(command), command));
});

test('the pages of Alertmanager are found without the slash at the end, too', async () => {
  const answer = await fetch(`http://${mimir}/alertmanager`);
  expect([answer.status, await answer.text()]).toEqual([
    200,
    expect.stringContaining('<title>Alertmanager</title>'),
  ]);
});

function isQuestion({ command }: ConsoleCommand): boolean {
  return command.startsWith('curl ') && !/ (-X|--data-binary) /.test(command);
}

function expectShown(printed: string, { output }: ConsoleCommand): void {
  if (!looksLike(printed, output)) expect(printed.trimEnd()).toBe(output);
}

async function run({ command }: ConsoleCommand): Promise<string> {
  const juju = `juju() { '${join(ROOT, 'bin/juju-local')}' --model-dir '${model.dir}' "$@"; }`;
  const { stdout } = await promisify(execFile)('bash', ['-c', `${juju}\n${command}`], {
    cwd: folder,
    env: { ...process.env, MIMIR: mimir },
    timeout: 60_000,
  });
  return stdout;
}
