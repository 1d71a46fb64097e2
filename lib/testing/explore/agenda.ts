/**
 * What Juju owes a unit: hooks that follow others by its own rules, and between which other events may come. A
 * unit's world is a state and an agenda together. Source of the rules: Juju's uniter and its resolvers.
 */
import type { JujuEvent } from '../../events/event.ts';
import type { ActionCall } from '../run-event.ts';
import type { State } from '../state.ts';

/** One hook, and what happens in the world before Juju runs it. */
export interface Hook {
  /** As a story tells it: `minio/0 joins s3:4`. Two hooks of one name are the same event. */
  readonly name: string;
  readonly event: JujuEvent;
  /** With an action's event: what its user gave. */
  readonly params?: ActionCall['params'];
  readonly before?: (state: State) => State;
}

/** Hooks of one lane run in the order of their ranks; those of one rank in any order. */
export interface OwedHook extends Hook {
  readonly rank: number;
}

export interface Agenda {
  /** By lane: `unit`, `relation 4`, `container web`. */
  readonly owed: Readonly<Record<string, readonly OwedHook[]>>;
  /** Ids that relations had: Juju gives none twice. */
  readonly usedIds: readonly number[];
  /** `remove` has run. */
  readonly gone: boolean;
}

export interface Place {
  readonly state: State;
  readonly agenda: Agenda;
  /** What the world holds besides the state, as the test's `outside` reads it. */
  readonly outside?: unknown;
}

/** A hook that Juju may run next, and the agenda after it. */
export interface Move extends Hook {
  /** True: it follows from an earlier one, and is not counted as a step. */
  readonly isOwed: boolean;
  readonly agenda: Agenda;
}

export const UNIT = 'unit';
export const relationLane = (id: number): string => `relation ${id}`;
export const containerLane = (name: string): string => `container ${name}`;

/** The agenda with these hooks, and no others, owed in a lane. */
export function owing(agenda: Agenda, lane: string, hooks: readonly Hook[]): Agenda {
  return owingInOrder(
    agenda,
    lane,
    hooks.map((hook, rank) => ({ ...hook, rank })),
  );
}

/** As `owing`, where several hooks may have one rank. */
export function owingInOrder(agenda: Agenda, lane: string, hooks: readonly OwedHook[]): Agenda {
  const { [lane]: _before, ...others } = agenda.owed;
  return { ...agenda, owed: hooks.length === 0 ? others : { ...others, [lane]: hooks } };
}

export function isFree({ owed }: Agenda, lane: string): boolean {
  return owed[lane] === undefined;
}

/** Which of the owed hooks may be the next. */
export function owedMoves({ agenda }: Place): readonly Move[] {
  const unit = agenda.owed[UNIT];
  const lanes = Object.entries(agenda.owed).filter(
    ([lane]) => unit === undefined || lane === UNIT || (lane.startsWith('container ') && isInstalled(agenda)),
  );
  return lanes.flatMap(([lane, hooks]) => {
    const first = Math.min(...hooks.map(({ rank }) => rank));
    return hooks
      .filter(({ rank }) => rank === first)
      .map((hook) => ({
        ...hook,
        isOwed: true,
        agenda: {
          ...owingInOrder(
            agenda,
            lane,
            hooks.filter((other) => other !== hook),
          ),
          gone: hook.event.kind === 'remove',
        },
      }));
  });
}

/** The charm of this pod has run its first hook, so that Pebble's events and actions may come. */
export function isInstalled({ owed }: Agenda): boolean {
  const first = owed[UNIT]?.[0]?.event.kind;
  return first !== 'install' && first !== 'upgrade-charm' && !isLeaving({ owed });
}

export function isLeaving({ owed }: Pick<Agenda, 'owed'>): boolean {
  return owed[UNIT]?.some(({ event }) => event.kind === 'remove') ?? false;
}

/** Tells two agendas apart. */
export function agendaKey({ owed, usedIds, gone }: Agenda): string {
  const lanes = Object.entries(owed)
    .map(([lane, hooks]) => `${lane}: ${hooks.map(({ name }) => name).join(', ')}`)
    .sort();
  return JSON.stringify([lanes, usedIds, gone]);
}
