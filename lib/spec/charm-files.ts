/**
 * The YAML files of a charm's folder, and which of them says what. There are two forms, as charmcraft has them:
 *
 * - metadata.yaml, config.yaml and actions.yaml, each with its part, which is also what a packed charm holds;
 * - charmcraft.yaml with all of it, from which charmcraft, and charmwright's packer, write those three.
 *
 * A folder may mix them. Where a part is in two places, this does what charmcraft does.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CHARMCRAFT_KEYS, metadataOf } from './charmcraft.ts';
import { Faults, isMap, readYaml, type Section } from './read-yaml.ts';

/** The files' texts; those that are not there are absent. */
export interface CharmFiles {
  readonly metadata?: string;
  readonly config?: string;
  readonly actions?: string;
  readonly charmcraft?: string;
}

const FILE_NAMES = {
  metadata: 'metadata.yaml',
  config: 'config.yaml',
  actions: 'actions.yaml',
  charmcraft: 'charmcraft.yaml',
} as const satisfies Record<keyof CharmFiles, string>;

/** Reads those that are there. */
export async function readCharmFiles(folder: string): Promise<CharmFiles> {
  const entries = await Promise.all(
    Object.entries(FILE_NAMES).map(
      async ([part, file]) => [part, await readOptional(join(folder, file))] as const,
    ),
  );
  return Object.fromEntries(entries.filter(([, text]) => text !== undefined));
}

async function readOptional(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** What the charm declares, part by part, and where each part stands. Undefined: nowhere, or not readable. */
export interface Sections {
  readonly metadata: Section | undefined;
  readonly config: Section | undefined;
  readonly actions: Section | undefined;
}

export function sectionsOf(files: CharmFiles, faults: Faults): Sections {
  const read = (part: keyof CharmFiles) => readFileOf(part, files, faults);
  const [charmcraft, metadata, config, actions] = [
    read('charmcraft'),
    read('metadata'),
    read('config'),
    read('actions'),
  ];
  if (metadata !== undefined && charmcraft !== undefined) checkBoth(metadata, charmcraft, faults);
  return {
    metadata: files.metadata === undefined ? metadataIn(files, charmcraft, faults) : metadata,
    config: partOf('config', config, files, charmcraft, faults),
    actions: partOf('actions', actions, files, charmcraft, faults),
  };
}

function readFileOf(part: keyof CharmFiles, files: CharmFiles, faults: Faults): Section | undefined {
  const text = files[part];
  if (text === undefined) return undefined;
  const [file, before] = [FILE_NAMES[part], faults.found.length];
  const data = readYaml(file, text, faults);
  return faults.found.length > before ? undefined : { file, path: [], data };
}

function metadataIn(files: CharmFiles, charmcraft: Section | undefined, faults: Faults): Section | undefined {
  if (files.charmcraft === undefined) {
    faults.add(FILE_NAMES.metadata, [], 'no such file, and no charmcraft.yaml: this is not a charm');
  }
  return charmcraft === undefined ? undefined : metadataOf(charmcraft, faults);
}

/** Charmcraft takes a part from its own file or from charmcraft.yaml, and refuses it in both. */
function partOf(
  part: 'config' | 'actions',
  own: Section | undefined,
  files: CharmFiles,
  charmcraft: Section | undefined,
  faults: Faults,
): Section | undefined {
  if (!isMap(charmcraft?.data) || !(part in charmcraft.data)) return own;
  if (files[part] !== undefined) {
    faults.add(charmcraft.file, [part], `is in ${FILE_NAMES[part]}, too: charmcraft refuses it in both`);
    return own;
  }
  const data = charmcraft.data[part];
  return data === null ? undefined : { file: charmcraft.file, path: [part], data };
}

/** In both files they are a fault for charmcraft. Of any other key it takes metadata.yaml's, and says nothing. */
const NEVER_IN_BOTH: readonly string[] = ['name', 'summary', 'description'];

function checkBoth(metadata: Section, charmcraft: Section, faults: Faults): void {
  const [there, here] = [metadata.data, charmcraft.data];
  if (!isMap(there) || !isMap(here)) return;
  for (const key of NEVER_IN_BOTH.filter((name) => name in there && name in here)) {
    faults.add(charmcraft.file, [key], `is in ${metadata.file}, too: charmcraft refuses it in both`);
  }
}

/** Keys of charmcraft.yaml that nobody reads, as metadata.yaml is there, which charmcraft packs as it is. */
export function ignoredKeys(files: CharmFiles): readonly string[] {
  if (files.metadata === undefined) return [];
  const data = readFileOf('charmcraft', files, new Faults())?.data;
  return isMap(data) ? CHARMCRAFT_KEYS.filter((key) => key in data && !NEVER_IN_BOTH.includes(key)) : [];
}
