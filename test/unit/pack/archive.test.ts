import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeArchive } from '../../../pack/archive.ts';

const files = [
  { path: 'dispatch', content: Buffer.from('#!/bin/sh\n'), executable: true },
  { path: 'metadata.yaml', content: Buffer.from('name: hello-k8s\n') },
  { path: 'bin/node', content: Buffer.alloc(100_000, 'node'), executable: true },
];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'archive-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('the order in which files are found does not show in the archive', async () => {
  const [one, other] = [join(folder, 'one.charm'), join(folder, 'other.charm')];
  await writeArchive(files, one);
  await writeArchive(files.toReversed(), other);
  expect(await readFile(one)).toEqual(await readFile(other));
});

test('neither does the time zone of the machine', async () => {
  const write = async (zone: string) => {
    const target = join(folder, `${zone.replace('/', '-')}.charm`);
    const program = `import { writeArchive } from ${JSON.stringify(join(import.meta.dirname, '../../../pack/archive.ts'))};
      await writeArchive([{ path: 'dispatch', content: Buffer.from('x') }], ${JSON.stringify(target)});`;
    const args = ['--input-type=module', '--eval', program];
    await promisify(execFile)(process.execPath, args, { env: { ...process.env, TZ: zone } });
    return readFile(target);
  };
  expect(await write('Pacific/Auckland')).toEqual(await write('America/Los_Angeles'));
});
