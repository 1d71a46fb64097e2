import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { generateSpec } from '../../../lib/generate/generate.ts';
import { readCharmSpec } from '../../../lib/spec/load.ts';

const ROOT = join(import.meta.dirname, '../../..');
const COMMAND = join(ROOT, 'lib/cli/main.ts');
const run = promisify(execFile);

async function generate(...args: string[]): Promise<{ code: number; text: string }> {
  const flags = ['--disable-warning=ExperimentalWarning', COMMAND, 'generate', ...args];
  try {
    const { stdout } = await run(process.execPath, flags);
    return { code: 0, text: stdout };
  } catch (error) {
    const { code, stderr } = Object(error);
    return { code: Number(code), text: String(stderr) };
  }
}

describe('charm/generated.ts', () => {
  // ops: 17
  test.each([
    '.',
    'minio',
    'lib/init/template',
    'test/charms/hello',
    'test/charms/mirror',
    'test/charms/traced',
    'test/charms/one-file',
    'test/charms/tester',
  ])('of %s is what its YAML files say', async (folder) => {
    const present = await readFile(join(ROOT, folder, 'charm/generated.ts'), 'utf8');
    expect(present, 'run npm run generate').toBe(generateSpec(await readCharmSpec(join(ROOT, folder))));
  });

  test('is checked and written by one command', { timeout: 60_000 }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'generate-'));
    try {
      await cp(join(ROOT, 'test/charms/hello'), folder, { recursive: true });
      expect(await generate(folder, '--check')).toMatchObject({ code: 0 });
      await writeFile(join(folder, 'config.yaml'), 'options: {colour: {type: string, default: red}}\n');
      const stale = await generate(folder, '--check');
      expect(stale).toMatchObject({ code: 1 });
      expect(stale.text).toContain('is not what the YAML files say; run npm run generate');
      expect(await generate(folder)).toMatchObject({ code: 0 });
      expect(await readFile(join(folder, 'charm/generated.ts'), 'utf8')).toContain('"colour"');
      expect(await generate(folder, '--check')).toMatchObject({ code: 0 });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('of a folder without a charm is refused', async () => {
    const { code, text } = await generate(tmpdir());
    expect(code).toBe(1);
    expect(text).toContain('metadata.yaml: no such file, and no charmcraft.yaml: this is not a charm');
  });
});
