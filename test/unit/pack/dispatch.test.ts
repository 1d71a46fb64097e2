/** The dispatch script of a packed charm, with small real programs in place of the hook tools. */
import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readCharm } from '../../../pack/charm.ts';
import { ADVICE, PROBE, readReport } from '../../support/loaded-modules.ts';

const ROOT = join(import.meta.dirname, '../../..');
const TOOLS = ['state-get', 'state-set', 'state-delete', 'juju-log', 'status-set', 'config-get', 'is-leader'];

/** Notes its call and answers what it is told to. */
const PROGRAM = `#!/bin/sh
echo "\${0##*/} $*" >> "\${0%/*}/calls"
answer="\${0%/*}/\${0##*/}.answer"
[ -e "$answer" ] || exit 0
cat "$answer"
`;

/** What a unit without relations remembers. */
const SETTLED = `${JSON.stringify({
  'charmwright.relations': JSON.stringify({ known: [], published: {}, unlisted: [] }),
})}\n`;

let folder: string;
beforeAll(async () => {
  // In the project, for the charm's imports to be found.
  await mkdir(join(ROOT, 'dist'), { recursive: true });
  folder = await mkdtemp(join(ROOT, 'dist', 'dispatch-'));
  const { files } = await readCharm(join(ROOT, 'test/bench/charms/nothing'), ROOT);
  for (const { path, content, executable } of files) {
    await mkdir(dirname(join(folder, 'charm', path)), { recursive: true });
    await writeFile(join(folder, 'charm', path), content, { mode: executable ? 0o755 : 0o644 });
  }
  await mkdir(join(folder, 'charm/bin'));
  await symlink(process.execPath, join(folder, 'charm/bin/node'));
  await mkdir(join(folder, 'tools'));
  for (const tool of TOOLS) await writeFile(join(folder, 'tools', tool), PROGRAM, { mode: 0o755 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(async () => {
  await rm(join(folder, 'tools/calls'), { force: true });
  await answer('state-get', '{}\n');
});

async function answer(tool: string, text: string | undefined): Promise<void> {
  const file = join(folder, 'tools', `${tool}.answer`);
  if (text === undefined) await rm(file, { force: true });
  else await writeFile(file, text);
}

async function dispatch(hook: string, env: Readonly<Record<string, string>> = {}) {
  const given = {
    PATH: `${join(folder, 'tools')}:${process.env.PATH}`,
    JUJU_DISPATCH_PATH: `hooks/${hook}`,
    JUJU_UNIT_NAME: 'nothing-k8s/0',
    JUJU_MODEL_NAME: 'demo',
    JUJU_MODEL_UUID: '5a4f2a56-6a5b-4a9e-8f0e-2f3b1c9d7e10',
    JUJU_CHARM_DIR: join(folder, 'charm'),
    ...env,
  };
  const { stderr } = await promisify(execFile)(join(folder, 'charm/dispatch'), { env: given });
  const calls = await readFile(join(folder, 'tools/calls'), 'utf8').catch(() => '');
  return { stderr, calls: calls.split('\n').filter((line) => line !== '') };
}

/** What a unit remembers after its first hook. */
async function settle(): Promise<void> {
  await dispatch('start');
  await rm(join(folder, 'tools/calls'), { force: true });
}

describe('what the unit remembers', () => {
  test('is asked for once, while Node starts', async () => {
    await settle();
    await answer(
      'state-get',
      '{"charmwright.relations": "{\\"known\\":[],\\"published\\":{},\\"unlisted\\":[]}"}\n',
    );
    expect((await dispatch('update-status')).calls).toEqual(['state-get --format=json']);
  });

  test('is asked for again when that failed, so that the error is seen', async () => {
    await writeFile(join(folder, 'tools/state-get'), `${PROGRAM}echo no state today >&2\nexit 1\n`);
    await answer('state-get', '');
    const failure: unknown = await dispatch('update-status').catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 1 });
    const calls = await readFile(join(folder, 'tools/calls'), 'utf8');
    expect(calls.match(/^state-get/gm)).toHaveLength(2);
    expect(calls).toContain('no state today');
    await writeFile(join(folder, 'tools/state-get'), PROGRAM);
    await chmod(join(folder, 'tools/state-get'), 0o755);
  });

  test('is not asked for where Juju would refuse, nor where it lies in a file', async () => {
    await settle();
    expect((await dispatch('collect-metrics')).calls).toEqual([]);
    await writeFile(join(folder, 'charm/.charmwright-state.json'), '{}');
    // This charm keeps nothing in files: it asks by itself.
    expect(
      (await dispatch('update-status')).calls.filter((call) => call.startsWith('state-get')),
    ).toHaveLength(1);
    await rm(join(folder, 'charm/.charmwright-state.json'));
  });
});

/** What `node:v8` brings along, which sets how the core is compiled. */
const NODE = ['stream', 'stream/promises', 'string_decoder', 'v8'];

test('a dispatch with nothing to do of a minimal charm loads zod, and hardly anything of Node', async () => {
  await settle();
  const [probe, file] = [join(folder, 'probe.cjs'), join(folder, 'loaded.json')];
  await writeFile(probe, PROBE);
  await answer('state-get', SETTLED);
  await dispatch('update-status', { NODE_OPTIONS: `--require=${probe}`, LOADED_MODULES_FILE: file });
  const loaded = readReport(await readFile(file, 'utf8'));
  expect(loaded, ADVICE).toMatchObject({ builtins: NODE, packages: ['zod'] });
  expect(loaded.bytes, ADVICE).toBeLessThan(215_000);
});

describe('what the last hook of this name asked', () => {
  const script = () => readFile(join(ROOT, 'pack/dispatch'), 'utf8');

  /** The script with a program in place of Node that shows what it was given. */
  async function started(early: string | undefined, hook = 'update-status'): Promise<string> {
    const unit = join(folder, 'unit');
    await rm(unit, { recursive: true, force: true });
    await mkdir(join(unit, 'bin'), { recursive: true });
    await mkdir(join(unit, '.charmwright-early'));
    await writeFile(join(unit, 'dispatch'), await script(), { mode: 0o755 });
    const node = [
      '#!/bin/bash',
      'while read -r fd call; do [ -z "$fd" ] || echo "$call: $(cat <&"$fd")"; done <<< "$CHARMWRIGHT_EARLY"',
    ];
    await writeFile(join(unit, 'bin/node'), node.join('\n'), { mode: 0o755 });
    if (early !== undefined) await writeFile(join(unit, `.charmwright-early/hooks-${hook}`), early);
    const env = { PATH: `${join(folder, 'tools')}:${process.env.PATH}`, JUJU_DISPATCH_PATH: `hooks/${hook}` };
    const { stdout } = await promisify(execFile)(join(unit, 'dispatch'), { env });
    return stdout;
  }

  test('is asked before Node starts, each by a process of its own whose answer waits', async () => {
    await answer('config-get', '{"greeting":"hello"}\n');
    await answer('is-leader', 'true\n');
    expect(await started('config-get --format=json\nis-leader --format=json\n')).toBe(
      'state-get --format=json: {}\nconfig-get --format=json: {"greeting":"hello"}\nis-leader --format=json: true\n',
    );
    expect(await started(undefined)).toBe('state-get --format=json: {}\n');
  });

  test('is not asked where Juju would refuse', async () => {
    expect(await started('config-get --format=json\n', 'collect-metrics')).toBe('');
  });

  test('is no process more, and is found out by the charm itself', async () => {
    const { files } = await readCharm(join(ROOT, 'test/bench/charms/feeds'), ROOT);
    const charm = join(folder, 'charm');
    for (const { path, content, executable } of files) {
      await mkdir(dirname(join(charm, path)), { recursive: true });
      await writeFile(join(charm, path), content, { mode: executable ? 0o755 : 0o644 });
    }
    for (const tool of ['relation-ids', 'opened-ports', 'open-port', 'application-version-set'])
      await writeFile(join(folder, 'tools', tool), PROGRAM, { mode: 0o755 });
    await answer('config-get', '{"greeting":"hello"}\n');
    await answer('is-leader', 'true\n');
    await answer('relation-ids', '[]\n');
    await answer('opened-ports', '["8080/tcp"]\n');
    const first = await dispatch('update-status');
    expect(await readFile(join(charm, '.charmwright-early/hooks-update-status'), 'utf8')).toBe(
      'config-get --format=json\nis-leader --format=json\n',
    );
    await rm(join(folder, 'tools/calls'));
    const second = await dispatch('update-status');
    const shown = ['application-version-set -- 1.2.3', 'status-set --application=false active 0 sources'];
    expect(second.calls.toSorted()).toEqual(first.calls.filter((call) => !shown.includes(call)).toSorted());
  });
});
