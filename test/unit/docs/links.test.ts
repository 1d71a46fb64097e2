/**
 * Links between pages lead somewhere: to a file that is there, and to a heading that is on it. Those of parity.md are of
 * tests that were read when it was written, and are left out.
 */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');
const OTHERS = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'lib/README.md', 'minio/README.md'];

async function pages(): Promise<readonly string[]> {
  const names = (await readdir(join(ROOT, 'docs'), { recursive: true })).filter(
    (name) => name.endsWith('.md') && name !== 'reference/parity.md',
  );
  return [...names.map((name) => join('docs', name)), ...OTHERS].filter((name) =>
    existsSync(join(ROOT, name)),
  );
}

const text = (page: string): Promise<string> => readFile(join(ROOT, page), 'utf8');

/** Without code, in which nothing is a link. */
function prose(page: string): string {
  return page.replace(/^```[\s\S]*?^```$/gm, '').replace(/`[^`\n]*`/g, '`');
}

/** As GitHub makes them of headings. */
function anchors(page: string): readonly string[] {
  const headings = page.replace(/^```[\s\S]*?^```$/gm, '').matchAll(/^#{1,6} (.+)$/gm);
  return [...headings].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

test('every link leads to a file, and to a heading of it', async () => {
  const broken: string[] = [];
  let count = 0;
  for (const page of await pages()) {
    for (const [, target = ''] of prose(await text(page)).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      count += 1;
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? page : join(dirname(page), path);
      if (!existsSync(join(ROOT, file))) broken.push(`${page}: ${target} is not there`);
      else if (anchor !== undefined && file.endsWith('.md') && !anchors(await text(file)).includes(anchor)) {
        broken.push(`${page}: ${target} is no heading of ${file}`);
      }
    }
  }
  expect(broken).toEqual([]);
  expect(count).toBeGreaterThan(100);
});

test('every page of docs/ can be found from docs/README.md', async () => {
  const index = await text('docs/README.md');
  const all = (await pages()).filter((page) =>
    /^docs\/(tutorial|how-to|explanation|reference)\/[^/]+$/.test(page),
  );
  const missing = all.filter((page) => !index.includes(`(${page.replace('docs/', '')})`));
  expect(missing).toEqual([]);
});
