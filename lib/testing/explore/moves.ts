/** Every event that may come next. */
import { isInstalled, isLeaving, type Move, owedMoves, type Place, UNIT } from './agenda.ts';
import type { Setting } from './possibilities.ts';
import { relationMoves } from './relation-moves.ts';
import { actionMoves, unitMoves } from './unit-moves.ts';
import { secretMoves, workloadMoves } from './workload-moves.ts';

/**
 * First what Juju owes, then what else may happen: Pebble's events and actions come also before a unit has started,
 * all others only when it has. A unit that is leaving is left alone.
 */
export function movesFrom(setting: Setting, place: Place): readonly Move[] {
  const { agenda } = place;
  if (agenda.gone) return [];
  const owed = owedMoves(place);
  if (isLeaving(agenda)) return owed;
  const early = isInstalled(agenda) ? [...workloadMoves(setting, place), ...actionMoves(setting, place)] : [];
  if (agenda.owed[UNIT] !== undefined) return [...owed, ...early];
  return [
    ...owed,
    ...unitMoves(setting, place),
    ...relationMoves(setting, place),
    ...early,
    ...secretMoves(setting, place),
  ];
}
