/**
 * What the unit has told Juju that takes effect at once and stays when the hook fails: statuses and the workload's
 * version. They are remembered in a file of the charm's folder, so that a hook tool runs only when they differ.
 *
 * Juju's charm state would be the wrong place: it goes back when a hook fails, and what was shown does not. While
 * something is being sent the file does not say what is shown, so that a hook killed there sends it again.
 */
import type { JujuEvent } from '../events/event.ts';
import type { StatusShown } from '../hook-tools/unit.ts';
import { parseJson } from '../json.ts';
import { textMap } from '../shapes.ts';
import { type CharmFiles, SHOWN_FILE } from './charm-files.ts';

/** Around these Juju itself, or another leader, shows something else. */
const SHOWN_BY_OTHERS: ReadonlySet<string> = new Set([
  'install',
  'start',
  'stop',
  'remove',
  'upgrade-charm',
  'config-changed',
  'leader-elected',
]);

export class Shown {
  readonly #files: CharmFiles;
  #known: Readonly<Record<string, string>> | undefined;
  readonly #isTrusted: boolean;

  constructor(files: CharmFiles, event: JujuEvent) {
    this.#files = files;
    this.#isTrusted = !SHOWN_BY_OTHERS.has(event.kind);
  }

  /** Sends `value` unless it is what was sent last under this name. */
  async show(name: 'unit' | 'app' | 'version', value: string, send: () => Promise<void>): Promise<void> {
    this.#known ??= this.#isTrusted ? this.#read() : {};
    if (this.#known[name] === value) return;
    const { [name]: _, ...others } = this.#known;
    this.#keep(others);
    await send();
    this.#keep({ ...others, [name]: value });
  }

  #read(): Readonly<Record<string, string>> {
    const text = this.#files.read(SHOWN_FILE);
    const result = text === undefined ? undefined : textMap.safeParse(parseJson(text));
    return result?.success ? result.data : {};
  }

  #keep(known: Readonly<Record<string, string>>): void {
    this.#known = known;
    try {
      this.#files.write(SHOWN_FILE, JSON.stringify(known));
    } catch {
      this.#files.remove(SHOWN_FILE); // a folder that cannot be written to: it is sent again each time
    }
  }
}

/** How a status is remembered. */
export function statusText({ name, message }: StatusShown): string {
  return `${name}: ${message}`;
}
