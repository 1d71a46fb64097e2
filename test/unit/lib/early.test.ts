/** Hook tools that the dispatch script has started: whose answers are taken, and what the next hook is to start. */
import { openSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EARLY, EarlyTools, LONGEST_EARLY_S } from '../../../lib/hook-tools/early.ts';
import { charmFiles } from '../../../lib/model/charm-files.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'early-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What the script has started, with what each has answered; the tools themselves say that they were asked. */
async function early(
  answers: Readonly<Record<string, string>>,
  { uptime = 0, files = charmFiles(folder) } = {},
) {
  const lines: string[] = [];
  for (const [call, answer] of Object.entries(answers)) {
    const file = join(folder, `answer-${lines.length}`);
    await writeFile(file, answer);
    lines.push(`${openSync(file, 'r')} ${call}`);
  }
  const asked: string[] = [];
  const tools = new EarlyTools(
    {
      run: async (tool, args) => {
        asked.push([tool, ...args].join(' '));
        return { code: tool === 'goal-state' ? 1 : 0, stdout: '"asked"\n', stderr: '' };
      },
    },
    { JUJU_DISPATCH_PATH: 'hooks/update-status', [EARLY]: `${lines.join('\n')}\n` },
    () => uptime,
  );
  const run = async (call: string) => {
    const [tool = '', ...args] = call.split(' ');
    return (await tools.run(tool, args)).stdout;
  };
  return { run, asked, keep: () => tools.keep(files) };
}

const kept = () => charmFiles(folder).read('.charmwright-early/hooks-update-status');
const [CONFIG, LEADER] = ['config-get --format=json', 'is-leader --format=json'];

describe('an answer', () => {
  test('of a tool that was started is taken once, and then the tool is asked', async () => {
    const { run, asked } = await early({ 'state-get --format=json': '{}\n', [LEADER]: 'true\n' });
    expect([await run(LEADER), await run('state-get --format=json'), asked]).toEqual(['true\n', '{}\n', []]);
    expect(await run(LEADER)).toBe('"asked"\n');
  });

  test.each([
    ['that failed', ''],
    ['that was killed', '{"a":'],
  ])('of a tool %s is asked for again, so that the error is seen', async (_, answer) => {
    const { run, asked } = await early({ [CONFIG]: answer });
    expect(await run(CONFIG)).toBe('"asked"\n');
    expect(asked).toEqual([CONFIG]);
  });

  test('is of that very call only', async () => {
    const { run, asked } = await early({ 'network-get --format=json peers': '{}\n' });
    await run('network-get --format=json web');
    expect(asked).toEqual(['network-get --format=json web']);
  });

  test('that is old, because the hook has waited for something else, is not taken', async () => {
    const { run, asked } = await early({ [LEADER]: 'true\n' }, { uptime: LONGEST_EARLY_S + 1 });
    await run(LEADER);
    expect(asked).toEqual([LEADER]);
  });

  test('about a secret does not count once the hook has changed one', async () => {
    const get = 'secret-get --format=json secret:abc --peek';
    const { run, asked } = await early({ [get]: '{"key":"old"}\n' });
    await run('secret-set secret:abc key=new');
    expect(await run(get)).toBe('"asked"\n');
    expect(asked).toEqual(['secret-set secret:abc key=new', get]);
  });
});

describe('the next hook of this name starts', () => {
  test('what this one asked: questions only, in a stable order, and none that failed', async () => {
    const { run, keep } = await early({ 'state-get --format=json': '{}\n', [LEADER]: 'true\n' });
    for (const call of [
      'state-get --format=json',
      'network-get --format=json web',
      LEADER,
      CONFIG,
      'goal-state --format=json',
      'network-get --format=json web -r 4',
      'relation-get --format=json -r web:4 - web/0',
      'secret-get --format=json secret:abc --peek',
      'secret-get --format=json secret:def --refresh',
      'secret-get --format=json --label $(reboot) --peek',
      'status-set active',
    ])
      await run(call);
    keep();
    expect(kept()).toBe(
      `${CONFIG}\n${LEADER}\nnetwork-get --format=json web\nsecret-get --format=json secret:abc --peek\n`,
    );
  });

  test('no more than six', async () => {
    const { run, keep } = await early({});
    for (let i = 0; i < 9; i++) await run(`network-get --format=json binding-${i}`);
    keep();
    expect(kept()?.trim().split('\n')).toHaveLength(6);
  });

  test('nothing, when this one has asked nothing', async () => {
    const { keep } = await early({ [CONFIG]: '{}\n' });
    keep();
    expect(kept()).toBeUndefined();
  });

  test('the same as this one, without a word written', async () => {
    const written: string[] = [];
    const files = { ...charmFiles(folder), write: (name: string) => void written.push(name) };
    const { run, keep } = await early({ 'state-get --format=json': '{}\n', [CONFIG]: '{}\n' }, { files });
    await run(CONFIG);
    keep();
    expect(written).toEqual([]);
  });

  test('what it asks by itself, where the folder cannot be written to', async () => {
    const files = {
      ...charmFiles(folder),
      write: () => {
        throw new Error('EROFS');
      },
    };
    const { run, keep } = await early({}, { files });
    await run(CONFIG);
    expect(keep).not.toThrow();
  });
});
