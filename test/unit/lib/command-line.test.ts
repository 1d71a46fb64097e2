/** The command `charmwright`, as a shell sees it. */
import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { VERBS } from '../../../lib/cli/verbs.ts';

const COMMAND = join(import.meta.dirname, '../../../lib/cli/main.ts');

async function charmwright(...args: string[]) {
  const answer = promisify(execFile)(process.execPath, [COMMAND, ...args]);
  return answer.then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: unknown) => {
      const { code, stdout, stderr } = Object(error);
      return { code: Number(code), stdout: String(stdout), stderr: String(stderr) };
    },
  );
}

test('help names every verb, with nothing said and when asked', async () => {
  const [bare, asked] = await Promise.all([charmwright(), charmwright('--help')]);
  expect(bare).toEqual(asked);
  expect(asked).toMatchObject({ code: 0, stderr: '' });
  for (const [name, { summary }] of Object.entries(VERBS)) {
    expect(asked.stdout).toMatch(new RegExp(`^  ${name} +${summary}$`, 'm'));
  }
});

test('each file of a verb is in the table, and tells its usage', async () => {
  const files = await readdir(join(import.meta.dirname, '../../../lib/cli/verbs'));
  expect(Object.keys(VERBS).toSorted()).toEqual(files.map((file) => file.replace(/\.ts$/, '')).toSorted());
  for (const name of Object.keys(VERBS)) {
    const { code, stdout } = await charmwright(name, '--help');
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^usage: charmwright ${name} .+\n\n.+`));
  }
});

test('a verb that is not there is answered with those that are', async () => {
  const { code, stderr } = await charmwright('genrate');
  expect(code).toBe(2);
  expect(stderr).toContain('there is no verb "genrate"; there are: ');
  expect(stderr).toContain('generate');
  expect(stderr).not.toContain('at ');
});

test('a flag that is not there is answered with where to read', async () => {
  const { code, stderr } = await charmwright('generate', '--chek');
  expect(code).toBe(2);
  expect(stderr).toContain("Unknown option '--chek'");
  expect(stderr).toContain('see charmwright generate --help');
});
