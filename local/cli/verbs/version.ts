import { readFile } from 'node:fs/promises';
import { findPackageJSON } from 'node:module';
import type { RunVerb } from '../call.ts';
import type { version as spec } from '../table/model.ts';

export const version: RunVerb<typeof spec> = async ({ terminal }) => {
  const file = findPackageJSON(import.meta.url);
  const manifest: unknown = file === undefined ? undefined : JSON.parse(await readFile(file, 'utf8'));
  const known = typeof manifest === 'object' && manifest !== null && 'version' in manifest;
  terminal.out(`${known ? String(manifest.version) : 'unknown'}\n`);
  return undefined;
};
