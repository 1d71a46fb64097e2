import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { charmFolders, packageRoot } from '../../../pack/package-root.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'package-root-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('a charm belongs to the nearest package above it', async () => {
  await mkdir(join(folder, 'charms/web/charm'), { recursive: true });
  await writeFile(join(folder, 'package.json'), '{}');
  expect(await packageRoot(join(folder, 'charms/web'))).toBe(folder);
  await writeFile(join(folder, 'charms/web/package.json'), '{}');
  expect(await packageRoot(join(folder, 'charms/web'))).toBe(join(folder, 'charms/web'));
});

test('a charm in no package cannot be packed', async () => {
  await expect(packageRoot(folder)).rejects.toThrow(`no package.json in ${folder}, nor above it`);
});

test('a package has one charm, in its own folder, unless it names others', async () => {
  expect(await charmFolders(folder)).toEqual([folder]);
  await writeFile(join(folder, 'package.json'), '{"charmwright":{"charms":["web","worker"]}}');
  expect(await charmFolders(folder)).toEqual([join(folder, 'web'), join(folder, 'worker')]);
});

test('what names no charms is refused', async () => {
  await writeFile(join(folder, 'package.json'), '{"charmwright":{"charms":[]}}');
  await expect(charmFolders(folder)).rejects.toThrow('"charmwright" must be {"charms": ["FOLDER", …]}');
});
