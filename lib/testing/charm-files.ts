/** The files in the charm's folder, as a state has them: they say what it says. */
import { type CharmFiles, SHOWN_FILE, STATE_FILE } from '../model/charm-files.ts';
import { statusText } from '../model/shown.ts';
import { charmState } from './unit-view.ts';
import type { World } from './world.ts';

/** Files whose content the state tells in other words, whether or not they are there. */
const IN_STATE: ReadonlySet<string> = new Set([SHOWN_FILE, STATE_FILE]);

/** `holdsState`: the charm keeps what it stores in a file, not in Juju. */
export function simulatedFiles(world: World, holdsState: boolean): CharmFiles {
  return {
    read(name) {
      if (name === SHOWN_FILE) return JSON.stringify(shownIn(world));
      if (name !== STATE_FILE) return world.state.charmFiles?.[name];
      if (!holdsState) return undefined;
      const kept = charmState(world.state);
      return Object.keys(kept).length === 0 ? undefined : JSON.stringify(kept);
    },
    write(name, text) {
      if (name === STATE_FILE && holdsState) world.keepCharmState(JSON.parse(text));
      if (!IN_STATE.has(name)) world.keepFile(name, text);
    },
    remove(name) {
      if (!IN_STATE.has(name)) world.keepFile(name, undefined);
    },
  };
}

function shownIn({ state }: World): Readonly<Record<string, string>> {
  return {
    ...(state.unitStatus.name !== 'unknown' && { unit: statusText(state.unitStatus) }),
    ...(state.appStatus.name !== 'unknown' && { app: statusText(state.appStatus) }),
    ...(state.workloadVersion !== '' && { version: state.workloadVersion }),
  };
}
