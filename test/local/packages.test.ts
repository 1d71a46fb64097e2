/**
 * The three npm packages, as somebody has them who knows nothing of this repository: archives that are installed in an
 * empty folder with the ordinary npm, and a new charm that is made, checked, packed and deployed with them.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { PACKAGE_NAMES, packPackage } from '../../tools/npm/packages.ts';
import { peer } from '../../tools/peers.ts';

/** The longest that one command may take, on a slow machine with others at work. */
const PATIENCE_MS = 300_000;

let folder: string;
let charm: string;
const archives = new Map<string, string>();

/** Runs a command as in a shell outside this repository: with its PATH, and with models of its own. */
async function run(cwd: string, command: string, ...args: string[]): Promise<string> {
  const path = (process.env.PATH ?? '').split(delimiter).filter((entry) => !entry.includes('node_modules'));
  const env = { ...process.env, PATH: path.join(delimiter), TMPDIR: join(folder, 'models') };
  const options = { cwd, env, timeout: PATIENCE_MS, killSignal: 'SIGKILL', maxBuffer: 16e6 } as const;
  return promisify(execFile)(command, args, options).then(
    ({ stdout }) => stdout,
    (error: unknown) => {
      const { stdout, stderr } = Object(error);
      throw new Error(`${[command, ...args].join(' ')} failed:\n${stdout}\n${stderr}`, { cause: error });
    },
  );
}

/** Folders of models that are there. */
async function models(): Promise<string[]> {
  const names = await readdir(join(folder, 'models'));
  return names.filter((name) => name.startsWith('model-')).map((name) => join(folder, 'models', name));
}

/** Of all processes there are. */
async function commandLines(): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  return Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
}

async function filesOf(archive: string): Promise<string[]> {
  const listing = await run(folder, 'tar', '-tzf', archive);
  return listing
    .trim()
    .split('\n')
    .map((path) => path.replace(/^package\//, ''));
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'packages-'));
  await mkdir(join(folder, 'models'));
  for (const name of PACKAGE_NAMES) archives.set(name, await packPackage(name, join(folder, 'archives')));
  // As on a machine where nothing is installed yet: npx takes the command out of the archive.
  const charmwright = `--package=${archives.get('charmwright')}`;
  const init = ['charmwright', 'init', 'star', '--packages', 'archives'];
  await run(folder, 'npx', '--yes', '--prefer-offline', charmwright, ...init);
  charm = join(folder, 'star');
  await run(charm, 'npm', 'install', '--prefer-offline', '--loglevel=error');
}, 2 * PATIENCE_MS);

afterAll(async () => {
  // What a test leaves behind that was stopped in the middle.
  for (const model of await models()) {
    const destroy = ['juju-local', 'destroy-model', '--no-prompt', '--model-dir', model];
    await run(charm, 'npx', ...destroy).catch(() => undefined);
  }
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}, PATIENCE_MS);

test.each([
  [
    'charmwright',
    ['index.js', 'index.d.ts', 'testing/index.d.ts', 'cli/main.js', 'init/template/charm/charm.ts'],
  ],
  ['charmwright-pack', ['index.js', 'index.d.ts', 'main.js', 'dispatch']],
  ['juju-local', ['local/client.d.ts', 'local/cli/main.js', 'local/daemon/main.js', 'tools/pebble/go.sum']],
] as const)('%s holds all of its own, and nothing of the charms of this repository', async (name, some) => {
  const files = await filesOf(archives.get(name) ?? '');
  expect(files).toEqual(expect.arrayContaining(['package.json', 'README.md', 'LICENSE', ...some]));
  const strange = /mimir|minio|grafana|(^|\/)(relations|actions|s3|demo)\/|(?<!\.d)\.ts$/i;
  const own = files.filter((file) => !file.startsWith('init/template/'));
  expect(own.filter((file) => strange.test(file))).toEqual([]);
});

test('what is installed depends on released packages and on one another only', async () => {
  const manifest = z.object({ version: z.string(), dependencies: z.record(z.string(), z.string()) });
  for (const name of PACKAGE_NAMES) {
    const text = await readFile(join(charm, 'node_modules', name, 'package.json'), 'utf8');
    const { version, dependencies } = manifest.parse(JSON.parse(text));
    for (const [other, wanted] of Object.entries(dependencies)) {
      expect(wanted).toMatch(/^\d+\.\d+\.\d+$/);
      if (archives.has(other)) expect([name, other, wanted]).toEqual([name, other, version]);
    }
  }
});

test(
  'the declarations of all entries are sound, and say what does not exist',
  async () => {
    await mkdir(join(charm, 'consumer'));
    await writeFile(join(charm, 'consumer/consumer.ts'), CONSUMER);
    const settings = {
      extends: '../tsconfig.json',
      compilerOptions: { skipLibCheck: false },
      include: ['.'],
    };
    await writeFile(join(charm, 'consumer/tsconfig.json'), JSON.stringify(settings));
    try {
      await run(charm, 'npx', 'tsc', '-p', 'consumer');
    } finally {
      await rm(join(charm, 'consumer'), { recursive: true });
    }
  },
  PATIENCE_MS,
);

const CONSUMER = `import { active, type CharmSpec, defineCharm, ToolError } from 'charmwright';
import { HttpClient } from 'charmwright/http';
import { readCharmSpec } from 'charmwright/juju';
import { PebbleClient } from 'charmwright/pebble';
import { context, state } from 'charmwright/testing';
import { nodeRuntime, packageRoot } from 'charmwright-pack';
import { ModelError, openModel } from 'juju-local';

export const spec: CharmSpec = await readCharmSpec('.');
export const charm = defineCharm(spec, { reconcile: (juju) => juju.addStatus(active()) });
export const after = await context(charm).run('start', state());
export const all = [ToolError, HttpClient, PebbleClient, nodeRuntime, packageRoot, ModelError];
const model = await openModel({ modelDir: 'model' });
export const names: string[] = Object.keys((await model.call('status', {})).applications);
// @ts-expect-error there is no such verb
await model.call('statuz', {});
`;

test(
  'lint, types and tests of the new charm pass',
  async () => {
    await run(charm, 'npm', 'run', 'lint');
    await run(charm, 'npm', 'run', 'static');
    expect(await run(charm, 'npm', 'run', 'unit')).toContain('9 passed');
  },
  3 * PATIENCE_MS,
);

test(
  'it is packed, and runs in a model: it is active, its action works, it has a neighbour',
  async () => {
    expect(await run(charm, 'npm', 'run', 'integration')).toContain('2 passed');
    const packed = (await readdir(join(charm, 'dist'))).map((name) => join(charm, 'dist', name));
    expect(packed).toHaveLength(1);
    const report = JSON.parse(await run(folder, await peer('charm-check'), ...packed));
    expect(report, "Juju's own library reads it").toMatchObject({ name: 'star', actions: ['greet'] });

    expect(await models()).toEqual([]);
    // No process of the model is left: each has its folder on its command line.
    const mine = join(folder, 'models', 'model-');
    expect((await commandLines()).filter((line) => line.includes(mine))).toEqual([]);
  },
  2 * PATIENCE_MS,
);
