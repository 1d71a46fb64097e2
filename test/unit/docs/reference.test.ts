/** The charms' reference pages say what the sources say. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { notesShape, PAGES } from '../../../docs/generate/charm-page.ts';

const ROOT = join(import.meta.dirname, '../../..');
/** Where the sources of each charm are. */
const SOURCES: Readonly<Record<string, readonly string[]>> = {
  'mimir-k8s': ['charm', 'actions', 'relations'],
  'minio-k8s': ['minio'],
};
/** Shorter pieces of a status are found anywhere. */
const TELLING = 8;

async function sources(charm: string): Promise<string> {
  const texts = (SOURCES[charm] ?? []).map(async (folder) => {
    const names = await readdir(join(ROOT, folder), { recursive: true });
    const files = names.filter((name) => name.endsWith('.ts') && !name.endsWith('generated.ts'));
    return Promise.all(files.map((name) => readFile(join(ROOT, folder, name), 'utf8')));
  });
  return (await Promise.all(texts)).flat().join('\n');
}

async function notes(charm: string) {
  return notesShape.parse(parse(await readFile(join(ROOT, `docs/charms/${charm}.yaml`), 'utf8')));
}

describe.each(PAGES)('$file', (page) => {
  test('says what every action gives', async () => {
    const actions = z.record(z.string(), z.object({ results: z.record(z.string(), z.unknown()) }));
    const declared = actions.parse(parse(await readFile(join(ROOT, page.folder, 'actions.yaml'), 'utf8')));
    for (const { results } of Object.values(declared)) expect(Object.keys(results)).not.toEqual([]);
  });

  test('has no status that the charm does not show', async () => {
    const code = await sources(page.charm);
    for (const { says } of (await notes(page.charm)).statuses) {
      const piece = longest(
        says.split(/[A-Z]{2,}|[^a-z ]+|juju integrate|mend it at|see juju status|the last good/),
      );
      expect(code.includes(piece), `${says}: "${piece}" is in no source`).toBe(true);
    }
  });

  test('has every status that the charm shows', async () => {
    const text = await readFile(join(ROOT, page.file), 'utf8');
    const calls = /\b(?:blocked|waiting|active)\(\s*(?:`([^`]+)`|'((?:[^'\\]|\\.)+)')/g;
    const shown = [...(await sources(page.charm)).matchAll(calls)];
    expect(shown.length).toBeGreaterThan(5);
    for (const [, template = '', plain = ''] of shown) {
      const piece = longest([...template.split(/\$\{[^}]*\}/), plain]);
      if (piece.length < TELLING) continue;
      expect(text.includes(piece), `"${template}${plain}" is not in ${page.file}`).toBe(true);
    }
  });
});

function longest(pieces: readonly string[]): string {
  return pieces.map((piece) => piece.trim()).toSorted((a, b) => b.length - a.length)[0] ?? '';
}
