/** Reads what a charm declares from its YAML files. */
import { join } from 'node:path';
import { SpecError } from '../errors.ts';
import { readActions } from './actions.ts';
import { type CharmFiles, readCharmFiles, sectionsOf } from './charm-files.ts';
import { readConfig } from './config.ts';
import type { CharmMeta } from './meta.ts';
import { readMetadata } from './metadata.ts';
import { Faults } from './read-yaml.ts';

/** The texts of a charm's YAML files as data. @throws SpecError with every fault, each with its file and key. `folder` is where the files are, to be named. */
export function loadCharmSpec(files: CharmFiles, folder = ''): CharmMeta {
  const faults = new Faults();
  const sections = sectionsOf(files, faults);
  const metadata = sections.metadata && readMetadata(sections.metadata, faults);
  const config = sections.config && readConfig(sections.config, faults);
  const actions = sections.actions && readActions(sections.actions, metadata?.name ?? '', faults);
  if (metadata === undefined || faults.found.length > 0) {
    throw new SpecError(faults.found.map((fault) => ({ ...fault, file: join(folder, fault.file) })));
  }
  return { ...metadata, config: config ?? {}, actions: actions ?? {} };
}

/**
 * Everything that the YAML files in a charm's folder say: metadata.yaml, config.yaml and actions.yaml, or
 * charmcraft.yaml. A charm at work gets it from `juju.meta()`.
 * @throws SpecError as `loadCharmSpec`.
 */
export async function readCharmSpec(folder: string): Promise<CharmMeta> {
  return loadCharmSpec(await readCharmFiles(folder), folder);
}
