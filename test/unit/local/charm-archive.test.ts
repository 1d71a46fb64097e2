import { createWriteStream } from 'node:fs';
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ZipFile } from 'yazl';
import { layCharm } from '../../../local/containers/charm-archive.ts';

const METADATA = 'name: box\nsummary: s\ndescription: d\ncontainers: {web: {}}\n';
const FILE = 0o100000;
const LINK = 0o120000;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'charm-archive-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

interface Entry {
  readonly path: string;
  readonly content: string;
  readonly mode?: number;
}

/** yazl refuses hostile paths, so they are patched into the bytes afterwards, at equal length. */
async function pack(entries: readonly Entry[], patch: { from: string; to: string } | undefined = undefined) {
  const zip = new ZipFile();
  for (const { path, content, mode = FILE | 0o644 } of entries)
    zip.addBuffer(Buffer.from(content), path, { mode });
  zip.end();
  const file = join(folder, 'box.charm');
  await pipeline(zip.outputStream, createWriteStream(file));
  if (patch !== undefined) {
    const bytes = await readFile(file);
    await writeFile(file, Buffer.from(bytes.toString('latin1').replaceAll(patch.from, patch.to), 'latin1'));
  }
  return file;
}

const target = () => join(folder, 'out');

test('a packed charm is read with its name, base and version, and laid out with its modes', async () => {
  const file = await pack([
    { path: 'metadata.yaml', content: METADATA },
    {
      path: 'manifest.yaml',
      content: 'bases: [{name: ubuntu, channel: "22.04", architectures: [amd64, arm64]}]',
    },
    { path: 'version', content: 'revision-id: abc123\nmore\n' },
    { path: 'dispatch', content: '#!/bin/sh\n', mode: FILE | 0o755 },
    { path: 'src/charm.py', content: 'pass' },
    { path: 'current', content: 'src', mode: LINK | 0o777 },
  ]);
  const charm = await layCharm(file, target());
  expect(charm).toMatchObject({
    name: 'box',
    version: 'abc123',
    base: { name: 'ubuntu', channel: '22.04/stable' },
    spec: { containers: { web: {} } },
  });
  expect((await stat(join(target(), 'dispatch'))).mode & 0o777).toBe(0o755);
  expect((await stat(join(target(), 'src/charm.py'))).mode & 0o777).toBe(0o644);
  expect(await readlink(join(target(), 'current'))).toBe('src');
});

test('a charm for other machines is refused before anything runs, with the architecture to choose', async () => {
  const bases = 'bases: [{name: ubuntu, channel: "24.04", architectures: [s390x]}]';
  const file = await pack([
    { path: 'metadata.yaml', content: METADATA },
    { path: 'manifest.yaml', content: bases },
  ]);
  await expect(layCharm(file, target())).rejects.toThrow(/is for s390x, and this machine is (amd64|arm64)/);
});

test('a hook that is not executable becomes so; dispatch does not', async () => {
  const file = await pack([
    { path: 'metadata.yaml', content: METADATA },
    { path: 'dispatch', content: '' },
    { path: 'hooks/install', content: '' },
    { path: 'hooks/web-pebble-ready', content: '' },
    { path: 'hooks/helper.sh', content: '' },
  ]);
  await layCharm(file, target());
  const mode = async (path: string) => (await stat(join(target(), path))).mode & 0o100;
  expect(await mode('hooks/install')).toBe(0o100);
  expect(await mode('hooks/web-pebble-ready')).toBe(0o100);
  expect(await mode('hooks/helper.sh')).toBe(0);
  expect(await mode('dispatch')).toBe(0);
});

test.each([
  ['an absolute link', '/etc/passwd', 'symlink "evil" is absolute'],
  ['a link out of the charm', '../../etc', 'symlink "evil" links out of charm'],
])('%s is refused, and nothing stays behind', async (_what, to, message) => {
  const file = await pack([
    { path: 'metadata.yaml', content: METADATA },
    { path: 'evil', content: to, mode: LINK | 0o777 },
  ]);
  await expect(layCharm(file, target())).rejects.toThrow(message);
  expect(await readdir(folder)).toEqual(['box.charm']);
});

test('an entry that would land outside the charm is refused', async () => {
  const entries = [
    { path: 'metadata.yaml', content: METADATA },
    { path: 'xx/xx/evil', content: 'hostile' },
  ];
  await expect(
    layCharm(await pack(entries, { from: 'xx/xx/evil', to: '../../evil' }), target()),
  ).rejects.toThrow('../../evil');
});

test('a link cannot be used to write outside the charm', async () => {
  const file = await pack([
    { path: 'metadata.yaml', content: METADATA },
    { path: 'here', content: '.', mode: LINK | 0o777 },
    { path: 'here/file', content: 'through the link' },
  ]);
  await expect(layCharm(file, target())).rejects.toThrow('cannot read charm');
});

test('an unpacked charm is taken as it is, by the same rules', async () => {
  const charm = join(folder, 'box');
  await mkdir(charm);
  await writeFile(join(charm, 'metadata.yaml'), METADATA);
  await writeFile(join(charm, 'dispatch'), '#!/bin/sh\n');
  await chmod(join(charm, 'dispatch'), 0o755);
  expect(await layCharm(charm, target())).toMatchObject({ name: 'box', base: { name: 'ubuntu' } });
  expect((await stat(join(target(), 'dispatch'))).mode & 0o777).toBe(0o755);
  await symlink('/etc', join(charm, 'etc'));
  await expect(layCharm(charm, join(folder, 'again'))).rejects.toThrow('symlink "etc" is absolute');
});

test('what is no charm is refused with the reason', async () => {
  await expect(layCharm(join(folder, 'nothing'), target())).rejects.toThrow('does not exist');
  await writeFile(join(folder, 'text'), 'not a zip');
  await expect(layCharm(join(folder, 'text'), target())).rejects.toThrow('cannot read charm');
  const empty = await pack([{ path: 'README.md', content: '' }]);
  await expect(layCharm(empty, target())).rejects.toThrow('metadata.yaml');
  const baseless = await pack([
    { path: 'metadata.yaml', content: METADATA },
    { path: 'manifest.yaml', content: 'charmcraft-version: 3.0.0' },
  ]);
  await expect(layCharm(baseless, target())).rejects.toThrow('without bases in manifest');
});
