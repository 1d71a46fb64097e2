/** The framework's own small files in the charm's folder: they live as long as the pod. */
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Small files in the charm's folder, by name; one may be in a folder of its own: `remote/4.json`. */
export interface CharmFiles {
  /** Undefined when there is none, or when it cannot be read. */
  read(name: string): string | undefined;
  /** Replaces it whole, readable by the charm's user only. @throws Node's error when the folder cannot be written to */
  write(name: string, text: string): void;
  /** Or a folder, with all that is in it. */
  remove(name: string): void;
}

/** What was last shown to Juju; see `Shown`. */
export const SHOWN_FILE = '.charmwright-shown.json';
/** Stored values and deferred events of a charm with `memory: 'file'`. */
export const STATE_FILE = '.charmwright-state.json';
/** What other sides of relations have published; see `RemoteData`. */
export const REMOTE_FOLDER = '.charmwright-remote';

export function charmFiles(folder: string): CharmFiles {
  return {
    read(name) {
      try {
        return readFileSync(join(folder, name), 'utf8');
      } catch {
        return undefined;
      }
    },
    write(name, text) {
      const partial = join(folder, `${name}.new`);
      if (name.includes('/')) mkdirSync(dirname(partial), { recursive: true, mode: 0o700 });
      writeFileSync(partial, text, { mode: 0o600 });
      chmodSync(partial, 0o600); // one that a killed dispatch left may have other modes
      renameSync(partial, join(folder, name));
    },
    remove(name) {
      rmSync(join(folder, name), { force: true, recursive: true });
    },
  };
}
