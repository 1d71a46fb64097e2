/** Whose turn it is, among the units of an application and among the applications of a cluster. Loaded while any of them asks. */
import type { ClusterTurn, Requests, Turn } from '../../relations/peers.ts';
import { compareTexts } from '../text.ts';
import { isOpen } from './requests.ts';

type Asked = Readonly<Record<string, Requests | undefined>>;

/** @param asked by unit. Units come in the order of their numbers. */
export function nextTurn(held: Turn | undefined, asked: Asked): Turn | undefined {
  const turn = next(held?.unit, held?.request, asked, (a, b) => numberOf(a) - numberOf(b));
  return turn === undefined ? undefined : { unit: turn.who, request: turn.request };
}

/** @param asked by application. Applications come in the order of their names. */
export function nextApplication(held: ClusterTurn | undefined, asked: Asked): ClusterTurn | undefined {
  const turn = next(held?.application, held?.request, asked, compareTexts);
  return turn === undefined ? undefined : { application: turn.who, request: turn.request };
}

interface Next {
  readonly who: string;
  readonly request: number;
}

/** Whoever has the turn, until its request is over; then the next one after it who asks, round and round. */
function next(
  held: string | undefined,
  request: number | undefined,
  asked: Asked,
  compare: (a: string, b: string) => number,
): Next | undefined {
  const asking = Object.entries(asked)
    .flatMap(([who, requests]): Next[] => (isOpen(requests) ? [{ who, request: requests.asked }] : []))
    .toSorted((a, b) => compare(a.who, b.who));
  if (held === undefined) return asking[0];
  return (
    asking.find((each) => each.who === held && each.request === request) ??
    asking.find(({ who }) => compare(who, held) > 0) ??
    asking[0]
  );
}

/** `app/12` -> 12 */
function numberOf(unit: string): number {
  return Number(unit.slice(unit.lastIndexOf('/') + 1));
}
