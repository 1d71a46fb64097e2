/** Packing as functions, for scripts: {@link readCharm}, {@link charmFiles} for an architecture, {@link writeArchive}. */
export { type CharmFile, writeArchive } from './archive.ts';
export type { Bundle } from './bundle.ts';
export { type CharmSource, charmFiles, readCharm } from './charm.ts';
export { PackError } from './errors.ts';
export {
  ARCHITECTURES,
  type Architecture,
  NODE_VERSION,
  type NodeRuntime,
  nodeRuntime,
} from './node-runtime.ts';
export { charmFolders, packageRoot } from './package-root.ts';
