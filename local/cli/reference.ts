/** Writes docs/reference/juju-local.md from the table of verbs. */
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { specs } from './commands.ts';
import { referencePage } from './help.ts';

const page = fileURLToPath(new URL('../../docs/reference/juju-local.md', import.meta.url));
await mkdir(new URL('.', `file://${page}`), { recursive: true });
await writeFile(page, referencePage(specs));
