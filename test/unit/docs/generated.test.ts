/** What is generated is up to date, and the list of what ops has is complete. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { generatedPages } from '../../../docs/generate/pages.ts';
import { openRows, readParity } from '../../../docs/generate/parity.ts';

const ROOT = join(import.meta.dirname, '../../..');

test.each(await generatedPages())('$file is what `npm run generate` writes', async ({ file, text }) => {
  expect(await readFile(join(ROOT, file), 'utf8'), 'run npm run generate').toBe(await text());
});

test('every row of ops is shown by a test, or says why it has no meaning here', async () => {
  expect(openRows(await readParity()).map(({ id, feature }) => `${id} ${feature}`)).toEqual([]);
});
