/** The YAML files of a packed charm, which are all that Juju reads. */
import { stringify } from 'yaml';
import { SpecError } from '../errors.ts';
import { type CharmFiles, sectionsOf } from './charm-files.ts';
import { Faults, isMap, type Section } from './read-yaml.ts';

/**
 * What charmcraft would pack, by file name: a file of its own as it is, what charmcraft.yaml declares as a file of its
 * own with sorted keys, and no file for options or actions of which there are none.
 * @throws SpecError when one cannot be read, or names no summary or description, which Juju wants.
 */
export function packedYaml(files: CharmFiles): Readonly<Record<string, string>> {
  const faults = new Faults();
  const { metadata, config, actions } = sectionsOf(files, faults);
  const said = isMap(metadata?.data) ? metadata.data : undefined;
  for (const key of ['summary', 'description']) {
    if (said === undefined || typeof said[key] === 'string') continue;
    faults.add(metadata?.file ?? '', [key], 'is missing: Juju takes no charm without');
  }
  if (faults.found.length > 0) throw new SpecError(faults.found);
  return {
    'metadata.yaml': textOf(metadata, files.metadata),
    ...(isEmpty(config) ? {} : { 'config.yaml': textOf(config, files.config) }),
    ...(isEmpty(actions) ? {} : { 'actions.yaml': textOf(actions, files.actions) }),
  };
}

function isEmpty(section: Section | undefined): boolean {
  return !isMap(section?.data) || Object.keys(section.data).length === 0;
}

function textOf(section: Section | undefined, own: string | undefined): string {
  // Words that YAML 1.1 takes for something else are quoted: Juju reads that one.
  return own ?? stringify(section?.data, { version: '1.1', sortMapEntries: true, lineWidth: 0 });
}
