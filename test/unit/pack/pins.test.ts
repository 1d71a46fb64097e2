import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { ARCHITECTURES, NODE_VERSION } from '../../../pack/node-runtime.ts';

const ROOT = join(import.meta.dirname, '../../..');

test('a charm carries the Node that it is developed with', async () => {
  const { devDependencies } = z
    .object({ devDependencies: z.object({ node: z.string() }) })
    .parse(JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')));
  expect(NODE_VERSION).toBe(devDependencies.node);
});

test.each([
  '.',
  'minio',
])('charmcraft.yaml in %s names the base and the architectures of npm run pack', async (folder) => {
  const { platforms } = z
    .object({ platforms: z.record(z.string(), z.null()) })
    .parse(parse(await readFile(join(ROOT, folder, 'charmcraft.yaml'), 'utf8')));
  expect(Object.keys(platforms).toSorted()).toEqual(ARCHITECTURES.map((name) => `ubuntu@24.04:${name}`));
});
