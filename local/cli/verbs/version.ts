import { readFile } from 'node:fs/promises';
import type { RunVerb } from '../call.ts';
import type { version as spec } from '../table/model.ts';

export const version: RunVerb<typeof spec> = async ({ terminal }) => {
  const text = await readFile(new URL('../../../package.json', import.meta.url), 'utf8');
  const manifest: unknown = JSON.parse(text);
  const known = typeof manifest === 'object' && manifest !== null && 'version' in manifest;
  terminal.out(`${known ? String(manifest.version) : 'unknown'}\n`);
  return undefined;
};
