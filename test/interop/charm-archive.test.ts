import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { readCharmSpec } from 'charmwright/juju';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openPromise } from 'yauzl';
import * as z from 'zod';
import { peer } from '../../tools/peers.ts';
import { type HookAgent, hookAgent } from '../support/hook-agent.ts';
import { hasPython, pythonProgram } from '../support/pypi.ts';
import { quietUnit } from '../support/unit-view.ts';

const CHARMCRAFT = '4.5.0';
const LARGEST_BYTES = 60e6;
const ROOT = join(import.meta.dirname, '../..');
const HELLO = join(ROOT, 'test/charms/hello');
const CHARMS = ['mimir-k8s', 'minio-k8s'];
const HERE = process.arch === 'arm64' ? 'arm64' : 'amd64';

const run = promisify(execFile);
const python = await hasPython();
let scratch: string;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'charm-archive-'));
  await pack('--out', join(scratch, 'dist'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

async function pack(...args: readonly string[]): Promise<void> {
  await run(process.execPath, [join(ROOT, 'pack/main.ts'), ...args], { cwd: ROOT });
}

function archive(charm: string, architecture: string): string {
  return join(scratch, 'dist', `${charm}_${architecture}.charm`);
}

test('packing writes each charm for both architectures', async () => {
  const expected = CHARMS.flatMap((charm) => [`${charm}_amd64.charm`, `${charm}_arm64.charm`]);
  expect((await readdir(join(scratch, 'dist'))).toSorted()).toEqual(expected);
});

const archives = CHARMS.flatMap((charm) => ['amd64', 'arm64'].map((arch) => [charm, arch] as const));

describe.each(archives)('%s for %s', (charm, architecture) => {
  test("Juju's own library reads it without complaint", async () => {
    const { stdout } = await run(await peer('charm-check'), [archive(charm, architecture)]);
    const report = z.looseObject({ name: z.string(), bases: z.array(z.string()) }).parse(JSON.parse(stdout));
    expect(report).toMatchObject({ name: charm, bases: [`ubuntu@24.04/stable/${architecture}`] });
  });

  test.skipIf(!python)('charmcraft analyse finds no error', async () => {
    const results = await analyse(archive(charm, architecture));
    expect(results.filter(({ result }) => result === 'error' || result === 'fatal')).toEqual([]);
    expect(results.find(({ name }) => name === 'entrypoint')?.result).toBe('ok');
  });

  test('it holds plain files only, and only programs are executable', async () => {
    const entries = await entriesOf(archive(charm, architecture));
    const modes = new Map(entries.map(({ path, mode }) => [path, mode.toString(8)]));
    const executables = ['bin/node', 'charm.mjs', 'dispatch'];
    for (const [path, mode] of modes)
      expect([path, mode]).toEqual([path, executables.includes(path) ? '100755' : '100644']);
    expect([...modes.keys()]).toEqual(
      expect.arrayContaining([...executables, 'manifest.yaml', 'metadata.yaml', 'version']),
    );
  });

  test('it carries Node for its architecture and is at most 60 MB', async () => {
    expect((await stat(archive(charm, architecture))).size).toBeLessThanOrEqual(LARGEST_BYTES);
    const header = await contentOf(archive(charm, architecture), 'bin/node');
    // Field e_machine of the ELF header.
    const machines = { 62: 'amd64', 183: 'arm64' } as Readonly<Record<number, string>>;
    expect(header.subarray(0, 4).toString('latin1')).toBe('\x7fELF');
    expect(machines[header.readUInt16LE(18)]).toBe(architecture);
  });

  test('it names the licence of everything it carries, and no folder of the machine it was packed on', async () => {
    const text = (path: string) => contentOf(archive(charm, architecture), path).then(String);
    expect(await text('THIRD-PARTY-LICENSES')).toMatch(/Node\.js 26.+ zod 4.+MIT License/s);
    const paths = (await entriesOf(archive(charm, architecture))).map(({ path }) => path);
    for (const path of paths.filter((name) => /\.mjs(\.map)?$/.test(name)))
      expect((await text(path)).includes(ROOT), path).toBe(false);
  });
});

test('packing the same files again gives the same bytes', async () => {
  await pack('--out', join(scratch, 'again'), '--only', 'mimir-k8s');
  for (const architecture of ['amd64', 'arm64']) {
    const again = join(scratch, 'again', `mimir-k8s_${architecture}.charm`);
    expect(await digest(again)).toBe(await digest(archive('mimir-k8s', architecture)));
  }
});

describe('a packed charm run as Juju runs it', () => {
  let agent: HookAgent;
  let charmDir: string;
  beforeAll(async () => {
    charmDir = join(scratch, 'hello');
    await pack(HELLO, '--arch', HERE, '--unpacked', charmDir);
    agent = await hookAgent();
  });
  afterAll(() => agent.close());

  test('handles a hook with nothing but the environment that Juju constructs', async () => {
    const hook = await agent.run(charmDir, quietUnit(await readCharmSpec(HELLO)), { kind: 'start' });
    expect(hook).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(hook.effects).toEqual([{ kind: 'unit-status', value: { status: 'active', message: 'hello' } }]);
  });

  test('runs an action, whose parameters are checked by a package loaded only then', async () => {
    const action = { kind: 'action', action: 'greet', taskId: '1' } as const;
    const unit = quietUnit(await readCharmSpec(HELLO));
    const greeted = await agent.run(charmDir, unit, action, { params: { name: 'Ada' } });
    expect(greeted.effects).toContainEqual({ kind: 'action-set', results: { greeting: 'hello Ada' } });
    const nameless = await agent.run(charmDir, unit, action, { params: {} });
    expect(nameless.effects).toContainEqual(
      expect.objectContaining({ kind: 'action-fail', message: expect.stringContaining("'name'") }),
    );
  });

  test('shows where in the sources an error came from', async () => {
    const broken = { ...quietUnit(await readCharmSpec(HELLO)), unit: '' };
    const hook = await agent.run(charmDir, broken, { kind: 'start' });
    expect(hook.code).toBe(1);
    expect(JSON.stringify(hook.effects)).toMatch(/lib\/dispatch\/dispatch\.ts:\d+/);
  });

  test('loads only zod, of all npm packages, when there is nothing to do', async () => {
    const hook = join(scratch, 'loaded.mjs');
    const list = join(scratch, 'loaded.txt');
    await writeFile(hook, LIST_LOADED_MODULES);
    const options = { env: { NODE_OPTIONS: `--import=${hook}`, LOADED: list } };
    await agent.run(charmDir, quietUnit(await readCharmSpec(HELLO)), { kind: 'update-status' }, options);
    const modules = (await readFile(list, 'utf8'))
      .trim()
      .split('\n')
      .map((url) => new URL(url).pathname);
    expect(modules.map((path) => basename(path))).toContain('charm.mjs');
    // Three lines, which are no file's.
    const bundled = modules.filter((path) => basename(path) !== 'charm.mjs');
    const packages = (await Promise.all(bundled.map(packagesIn))).flat();
    expect([...new Set(packages)]).toEqual(['zod']);
  });

  test('keeps compiled code for the next hook, and does without where it cannot', async () => {
    const cache = join(charmDir, '.compile-cache');
    expect(await readdir(cache)).not.toEqual([]);
    await rm(cache, { recursive: true });
    await writeFile(cache, 'in the way');
    const hook = await agent.run(charmDir, quietUnit(await readCharmSpec(HELLO)), { kind: 'start' });
    expect(hook).toMatchObject({ code: 0, stderr: '' });
  });
});

/** Runs in the charm's Node before the charm. */
const LIST_LOADED_MODULES = `
import { appendFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
registerHooks({
  load(url, context, next) {
    if (url.startsWith('file:')) appendFileSync(process.env.LOADED, url + '\\n');
    return next(url, context);
  },
});
`;

/** Names of the npm packages with code in a module of the bundle, by its source map. */
async function packagesIn(module: string): Promise<readonly string[]> {
  const { sources } = z
    .object({ sources: z.array(z.string()) })
    .parse(JSON.parse(await readFile(`${module}.map`, 'utf8')));
  const names = sources.map((source) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(source)?.[1]);
  return names.filter((name) => name !== undefined);
}

const analysis = z.array(z.object({ name: z.string(), result: z.string(), text: z.string() }));

async function analyse(file: string): Promise<z.infer<typeof analysis>> {
  const interpreter = await pythonProgram('charmcraft', CHARMCRAFT);
  const state = { XDG_RUNTIME_DIR: scratch, XDG_STATE_HOME: scratch, HOME: scratch };
  const options = { env: { ...process.env, ...state }, cwd: scratch };
  const args = ['-m', 'charmcraft', 'analyse', '--format', 'json', file];
  // It prints its results also when they make it fail.
  const { stdout } = await run(interpreter, args, options).catch((error: { stdout: string }) => error);
  return analysis.parse(JSON.parse(stdout));
}

async function entriesOf(file: string): Promise<readonly { path: string; mode: number }[]> {
  const zip = await openPromise(file, { lazyEntries: true });
  const entries: { path: string; mode: number }[] = [];
  for await (const entry of zip.eachEntry())
    entries.push({ path: entry.fileName, mode: entry.externalFileAttributes >>> 16 });
  return entries;
}

async function contentOf(file: string, path: string): Promise<Buffer> {
  const zip = await openPromise(file, { lazyEntries: true, autoClose: false });
  try {
    for await (const entry of zip.eachEntry())
      if (entry.fileName === path) return await buffer(await zip.openReadStreamPromise(entry));
  } finally {
    zip.close();
  }
  throw new Error(`${file} has no ${path}`);
}

async function digest(file: string): Promise<string> {
  const handle = await open(file);
  const hash = createHash('sha256');
  for await (const chunk of handle.createReadStream()) hash.update(chunk);
  return hash.digest('hex');
}
