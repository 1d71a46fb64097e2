/** What `charmwright snapshot` wrote of a live unit, as a state that events can be run from. */
import { readFileSync } from 'node:fs';
import { stableJson } from '../model/relation.ts';
import type { Layer } from '../pebble/layer.ts';
import { parseSnapshot, type Snapshot, type SnapshotContainer } from '../snapshot/format.ts';
import { state } from './make.ts';
import { mergeLayers } from './pebble-plan.ts';
import type { ContainerState, State } from './state.ts';
import { remembered } from './world.ts';

/**
 * The state of a unit that a snapshot was taken of.
 * @throws SnapshotError when the file is none.
 *
 * @example
 * const live = loadState('test/snapshots/web-0.json');
 * const after = await context(web, { app: 'web' }).run('update-status', live);
 * expect(after.unitStatus).toEqual(live.unitStatus);
 */
export function loadState(file: string): State {
  return snapshotState(parseSnapshot(readFileSync(file, 'utf8'), file));
}

/** The same from a snapshot that has been read already. */
export function snapshotState(snapshot: Snapshot): State {
  const { charmState, containers, ...rest } = snapshot.state;
  return state({
    ...rest,
    ...remembered(charmState),
    containers: Object.entries(containers).map(([name, container]) => containerState(name, container)),
  });
}

/**
 * Pebble tells the plan, not the layers that it comes from: it stands in one layer, labelled as the container, which is
 * what most charms call theirs. Services that run are taken to run with what the plan says: what they were started with,
 * Pebble does not tell.
 */
function containerState(name: string, container: SnapshotContainer): ContainerState {
  const { canConnect, plan, services, checks, files, dirs, notices } = container;
  // A plan is layers combined by Pebble itself, which has checked each word; it only knows more of them than we may.
  const layer = plan as Layer;
  const isEmpty = Object.values(plan).every((section) => Object.keys(section).length === 0);
  const layers: ContainerState['layers'] = isEmpty ? {} : { [name]: layer };
  const merged = mergeLayers(Object.values(layers));
  const entries = Object.entries(files);
  return {
    name,
    canConnect,
    layers,
    services,
    startedWith: Object.fromEntries(
      Object.keys(services).map((service) => [service, stableJson(merged.services[service] ?? {})]),
    ),
    files: Object.fromEntries(
      entries.map(([path, { text, base64 }]) => [path, text ?? Buffer.from(base64 ?? '', 'base64')]),
    ),
    dirs,
    attributes: Object.fromEntries(entries.map(([path, { text: _, base64: __, ...given }]) => [path, given])),
    checks,
    execs: [],
    startFailures: {},
    logs: {},
    notices,
  };
}
