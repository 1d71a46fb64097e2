/**
 * Writes the pages that come from sources: the charms' reference and the list of what ops has.
 *
 * `--check` writes nothing, and fails when a page is not up to date or the rows of docs/parity/ and the tests'
 * comments disagree. `--open` lists the rows of ops' features that
 * no test shows yet. `--all` writes the pages that are made of lib/ and of tests as well.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { apiPages, undocumented } from './generate/api/page.ts';
import { charmPage, PAGES } from './generate/charm-page.ts';
import { errorsPage, unexplainedErrors } from './generate/errors-page.ts';
import { type GeneratedPage, ROOT } from './generate/markdown.ts';
import { openRows, parityPage, readParity } from './generate/parity.ts';

/** Pages that must be up to date at every commit. */
const CHECKED: readonly GeneratedPage[] = PAGES.map((page) => ({
  file: page.file,
  text: () => charmPage(page),
}));

/** Written with `--all` only: changes that are made side by side would all meet in them. */
const AT_LEISURE: readonly GeneratedPage[] = [errorsPage, parityPage, ...(await apiPages())];

async function check(pages: readonly GeneratedPage[]): Promise<void> {
  for (const { file, text } of pages) {
    if (await isUpToDate(file, await text())) console.log(`${file}: up to date`);
    else {
      console.error(`${file} is not what its sources say; run npm run generate`);
      process.exitCode = 1;
    }
  }
}

/** Exports without a docstring, rows that are not there, tests that show a row which has no name here. */
async function checkSources(): Promise<void> {
  const bare = (await undocumented()).map(
    (name) => `${name} has no docstring, which its reference is made of`,
  );
  const { problems } = await readParity();
  for (const problem of [...bare, ...problems]) console.error(problem);
  if (bare.length + problems.length > 0) process.exitCode = 1;
}

async function write(pages: readonly GeneratedPage[]): Promise<void> {
  for (const { file, text } of pages) {
    const wanted = await text();
    if (await isUpToDate(file, wanted)) console.log(`${file}: up to date`);
    else {
      await mkdir(join(ROOT, dirname(file)), { recursive: true });
      await writeFile(join(ROOT, file), wanted);
      console.log(`${file}: written`);
    }
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
else if (process.argv.includes('--check')) {
  await check(CHECKED);
  await checkSources();
} else await write(process.argv.includes('--all') ? [...CHECKED, ...AT_LEISURE] : CHECKED);
