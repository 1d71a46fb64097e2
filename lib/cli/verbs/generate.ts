/** `charmwright generate [FOLDER ...] [--check]`: writes FOLDER/charm/generated.ts from the YAML files in FOLDER. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { CharmwrightError } from '../../errors.ts';
import { generateSpec } from '../../generate/generate.ts';
import { type CharmFiles, ignoredKeys, readCharmFiles } from '../../spec/charm-files.ts';
import { loadCharmSpec } from '../../spec/load.ts';
import type { Verb } from '../verb.ts';

export const generate: Verb = {
  usage: '[FOLDER ...] [--check]',
  details: `Writes FOLDER/charm/generated.ts from metadata.yaml, config.yaml and actions.yaml in FOLDER (default: here),
or from charmcraft.yaml where that declares the charm.
--check writes nothing, and fails when a file is not up to date.`,
  async run(args) {
    const options = { check: { type: 'boolean', default: false } } as const;
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    for (const folder of positionals.length === 0 ? ['.'] : positionals) await bring(folder, values.check);
    return 0;
  },
};

async function bring(folder: string, check: boolean): Promise<void> {
  const file = join(folder, 'charm', 'generated.ts');
  const files = await readCharmFiles(folder);
  const text = generateSpec(loadCharmSpec(files, folder));
  warn(folder, files);
  const present = await readFile(file, 'utf8').catch(() => '');
  if (present === text) return console.log(`${file}: up to date`);
  if (check) throw new CharmwrightError(`${file} is not what the YAML files say; run npm run generate`);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  console.log(`${file}: written`);
}

/** Charmcraft says nothing of them, and an author would look for the reason for a while. */
function warn(folder: string, files: CharmFiles): void {
  const keys = ignoredKeys(files);
  if (keys.length === 0) return;
  const file = join(folder, 'charmcraft.yaml');
  console.error(`${file}: ${keys.join(', ')}: not read, since metadata.yaml is there: move them into it`);
}
