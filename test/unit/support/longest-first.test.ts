import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LONGEST } from '../../support/longest-first.ts';

const ROOT = join(import.meta.dirname, '../../..');

test.each(LONGEST)('%s is there', async (file) => {
  await expect(access(join(ROOT, file))).resolves.toBeUndefined();
});

test('each is there once', () => {
  expect(new Set(LONGEST).size).toBe(LONGEST.length);
});
