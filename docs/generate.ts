/**
 * Writes the pages that come from sources: the charms' reference from their YAML files, the reference of API and errors
 * from the docstrings, and the list of what ops has from docs/parity/ and the tests.
 *
 * `--check` writes nothing, and fails when a page is not up to date, when an export has no docstring, or when a row of
 * ops is not as it must be. `--open` lists what is still missing: rows that no test shows, errors without explanation.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { undocumented } from './generate/api/page.ts';
import { unexplainedErrors } from './generate/errors-page.ts';
import { ROOT } from './generate/markdown.ts';
import { generatedPages } from './generate/pages.ts';
import { openRows, readParity } from './generate/parity.ts';

async function check(): Promise<void> {
  const problems = [...(await sourceProblems()), ...(await stalePages())];
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
}

async function stalePages(): Promise<string[]> {
  const problems: string[] = [];
  for (const { file, text } of await generatedPages()) {
    if (await isUpToDate(file, await text())) continue;
    problems.push(`${file} is not what its sources say; run npm run generate`);
  }
  return problems;
}

/** Exports without a docstring, rows that are not there, rows that no test shows. */
async function sourceProblems(): Promise<string[]> {
  const parity = await readParity();
  return [
    ...(await undocumented()).map((name) => `${name} has no docstring, which its reference is made of`),
    ...parity.problems,
    ...openRows(parity).map(({ id, feature }) => `row ${id} of ops is shown by no test: ${feature}`),
  ];
}

async function write(): Promise<void> {
  for (const { file, text } of await generatedPages()) {
    const wanted = await text();
    if (await isUpToDate(file, wanted)) continue;
    await mkdir(join(ROOT, dirname(file)), { recursive: true });
    await writeFile(join(ROOT, file), wanted);
    console.log(`${file}: written`);
  }
}

async function isUpToDate(file: string, text: string): Promise<boolean> {
  return (await readFile(join(ROOT, file), 'utf8').catch(() => '')) === text;
}

async function listOpen(): Promise<void> {
  for (const name of await unexplainedErrors()) console.log(`${name}\tis not in docs/errors.yaml`);
  const open = openRows(await readParity());
  for (const { id, feature, here } of open) console.log(`${id}\t${feature}\t${here ?? 'no name here'}`);
  console.log(`${open.length} rows are open`);
}

if (process.argv.includes('--open')) await listOpen();
else if (process.argv.includes('--check')) await check();
else await write();
