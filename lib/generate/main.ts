#!/usr/bin/env node
/** `charmwright generate [FOLDER] [--check]`: writes FOLDER/charm/generated.ts from the YAML files in FOLDER. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { CharmwrightError } from '../errors.ts';
import { readCharmSpec } from '../spec/load.ts';
import { generateSpec } from './generate.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    check: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

if (values.help) {
  console.log('usage: charmwright generate [FOLDER ...] [--check]\n');
  console.log('Writes FOLDER/charm/generated.ts from metadata.yaml, config.yaml and actions.yaml in FOLDER.');
  console.log('--check writes nothing, and fails when a file is not up to date.');
} else {
  const folders = positionals.filter((word, i) => !(i === 0 && word === 'generate'));
  try {
    for (const folder of folders.length === 0 ? ['.'] : folders) await generate(folder, values.check);
  } catch (error) {
    if (!(error instanceof CharmwrightError)) throw error;
    console.error(`charmwright: ${error.message}`);
    process.exitCode = 1;
  }
}

async function generate(folder: string, check: boolean): Promise<void> {
  const file = join(folder, 'charm', 'generated.ts');
  const text = generateSpec(await readCharmSpec(folder));
  const present = await readFile(file, 'utf8').catch(() => '');
  if (present === text) return console.log(`${file}: up to date`);
  if (check) throw new CharmwrightError(`${file} is not what the YAML files say; run npm run generate`);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  console.log(`${file}: written`);
}
