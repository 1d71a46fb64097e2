/** The unit as it stands in the local model, as the outcome of a test. */

import type { Snapshot } from '../../snapshot/format.ts';
import { takeSnapshot } from '../../snapshot/take.ts';
import { InProcessOnly } from '../errors.ts';
import { snapshotState } from '../load.ts';
import type { Outcome } from '../outcome.ts';
import type { State } from '../state.ts';
import type { LogLine } from '../world.ts';
import type { Place } from './realise.ts';

/** When each service came to stand as it stands: `web/server` -> RFC 3339. */
export type Since = Readonly<Record<string, string>>;

export interface Seen {
  readonly state: State;
  readonly since: Since;
}

export async function look(
  place: Place,
  unit: string,
  files: readonly string[],
  wanted: State,
): Promise<Seen> {
  const snapshot = await takeSnapshot(place.model.run, { unit, files, secrets: true });
  const live = snapshotState(snapshot);
  place.names.learn(live.relations, wanted.relations);
  const state = { ...place.names.inward(live), model: wanted.model };
  return { state, since: sinceOf(snapshot) };
}

function sinceOf({ state }: Snapshot): Since {
  return Object.fromEntries(
    Object.entries(state.containers).flatMap(([container, { since = {} }]) =>
      Object.entries(since).map(([service, time]) => [`${container}/${service}`, time] as const),
    ),
  );
}

/** Services that run, and did not run since the same moment before. */
export function startsBetween(before: Since, { state, since }: Seen): string[] {
  return Object.entries(since)
    .filter(([name, time]) => before[name] !== time && isActive(state, name))
    .map(([name]) => name)
    .sort();
}

function isActive({ containers }: State, name: string): boolean {
  const [container = '', service = ''] = name.split('/');
  return containers[container]?.services[service] === 'active';
}

export async function logsOf({ model, names }: Place, unit: string): Promise<readonly LogLine[]> {
  const text = await model.do('debug-log', '--no-tail', '--replay', '--include', unit);
  const line = /^\S+: \S+ ([A-Z]+) unit\.\S+?\.juju-log (?:\S+:\d+: )?(.*)$/;
  return text.split('\n').flatMap((each) => {
    const [, level, message] = line.exec(each) ?? [];
    return level === undefined || message === undefined
      ? []
      : [{ level, message: String(names.text(message)) }];
  });
}

const UNSEEN = [
  ...([
    'hookTools',
    'pebbleCalls',
    'handled',
    'executed',
    'secretsRemoved',
    'storageAdded',
    'stderr',
  ] as const),
  ...(['unitStatusHistory', 'appStatusHistory', 'workloadVersionHistory'] as const),
] as const satisfies readonly (keyof Outcome)[];

/** What a hook did on its way is seen in process only: to look at it here is a mistake of the test's. */
export function outcomeOf(
  state: State,
  seen: {
    readonly logs: readonly LogLine[];
    readonly serviceStarts: readonly string[];
    readonly error?: Error;
  },
  handle: object,
): Outcome {
  const exitCode = seen.error === undefined ? 0 : 1;
  const outcome: Omit<Outcome, (typeof UNSEEN)[number]> = {
    ...{ ...state, ...handle, ...seen },
    exitCode,
    killed: false,
  };
  for (const name of UNSEEN) {
    // Not enumerable: a copy of the outcome is the state to go on from.
    Object.defineProperty(outcome, name, {
      get: () => {
        throw new InProcessOnly([
          `${name} is seen in process only: a local model is looked at when it rests`,
        ]);
      },
    });
  }
  // What was missing has just been defined.
  return outcome as Outcome;
}
