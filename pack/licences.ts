/** The licences of what a charm carries but we did not write. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { PackError } from './errors.ts';

const packageJson = z.object({ name: z.string(), version: z.string(), license: z.string() });

interface Part {
  readonly title: string;
  readonly text: string;
}

/**
 * One text with Node's licence and those of the npm packages, sorted by name.
 * @throws PackError naming a package that comes without a licence text.
 */
export async function thirdPartyLicences(
  node: { readonly version: string; readonly licence: string },
  packages: readonly string[],
): Promise<string> {
  const parts = await Promise.all(packages.map(partOf));
  const all = [
    { title: `Node.js ${node.version}`, text: await readFile(node.licence, 'utf8') },
    ...parts.toSorted((a, b) => (a.title < b.title ? -1 : 1)),
  ];
  return [
    `This charm carries ${all.length} works of others, under the licences below:\n`,
    ...all.map(({ title }) => `  ${title}\n`),
    ...all.map(({ title, text }) => `\n${'='.repeat(80)}\n${title}\n${'='.repeat(80)}\n\n${text.trim()}\n`),
  ].join('');
}

async function partOf(folder: string): Promise<Part> {
  const { name, version, license } = packageJson.parse(
    JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')),
  );
  const files = (await readdir(folder))
    .filter((file) => /^(licen[cs]e|copying|notice)\b/i.test(file))
    .toSorted();
  if (files.length === 0) {
    throw new PackError(
      `npm package ${name}@${version} (${license}) has no licence text: it cannot be given on`,
    );
  }
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  return { title: `${name} ${version} (${license})`, text: texts.map((text) => text.trim()).join('\n\n') };
}
