/** Resources on the charm's disk, as `resource-get` finds them. */
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { appOf, findApplication, findCharm, findUnit } from '../model/lookup.ts';
import type { Model } from '../model/state.ts';
import { charmPaths } from './folders.ts';

interface Resource {
  readonly name: string;
  readonly filename: string;
  readonly source: string;
  readonly isImage: boolean;
}

function resourcesOf(model: Model, unit: string): Resource[] {
  const application = findApplication(model, appOf(unit));
  const { spec } = findCharm(model, findUnit(model, unit).charm);
  return Object.entries(spec.resources).flatMap(([name, { type, filename }]) => {
    const source = application.resources[name];
    if (source === undefined) return [];
    const isImage = type === 'oci-image';
    return [{ name, source, isImage, filename: isImage ? 'content.yaml' : (filename ?? name) }];
  });
}

/** Files are copied; of an image there is a description, as Juju fetches it. */
export async function layResources(model: Model, unit: string, folder: string): Promise<void> {
  for (const { name, filename, source, isImage } of resourcesOf(model, unit)) {
    await mkdir(join(folder, name), { recursive: true });
    const target = join(folder, name, filename);
    if (isImage) await writeFile(target, stringify({ registrypath: source, username: '', password: '' }));
    else await copyFile(source, target);
  }
}

/** Paths as the charm sees them, by resource. */
export function resourcePaths(model: Model, unit: string): Record<string, string> {
  const root = `${charmPaths(unit).agent}/resources`;
  return Object.fromEntries(
    resourcesOf(model, unit).map(({ name, filename }) => [name, `${root}/${name}/${filename}`]),
  );
}
