/** What the leader of an application says of turns in its cluster. Loaded while there are any. */
import type { ClusterTurn, Requests } from '../../relations/peers.ts';
import { placeOf, type Seen } from './cluster-turns.ts';
import { nextApplication } from './next-turn.ts';
import { isOpen, withoutRequest, withRequest } from './requests.ts';

/** The application that has the turn, where it is another one. */
export function otherWithTurn(inputs: Seen): string | undefined {
  const place = placeOf(inputs);
  const turn = place.kind === 'joined' ? place.turn : inputs.agreement?.clusterTurn;
  return place.kind === 'alone' || turn?.application === inputs.app ? undefined : turn?.application;
}

/** What the leader of an application says, to the others and to its units. */
export interface ClusterWord {
  readonly clusterRequests: Requests | undefined;
  /** By the application that leads. */
  readonly clusterTurn: ClusterTurn | undefined;
  /** Its units may take turns. */
  readonly mayRestart: boolean;
}

/** @param asks whether any unit of the application does. */
export function clusterWord(inputs: Seen, asks: boolean): ClusterWord {
  const place = placeOf(inputs);
  const { clusterRequests: before, clusterTurn: held } = inputs.agreement ?? {};
  const closed = isOpen(before) ? withoutRequest(before) : before;
  if (place.kind === 'alone') return { clusterRequests: closed, clusterTurn: undefined, mayRestart: true };
  const clusterRequests = asks ? withRequest(before) : closed;
  const turn =
    place.kind === 'joined'
      ? place.turn
      : nextApplication(held, { ...place.members, [inputs.app]: clusterRequests });
  return {
    clusterRequests,
    clusterTurn: place.kind === 'leads' ? turn : undefined,
    mayRestart: turn !== undefined && turn.application === inputs.app && grants(turn, clusterRequests),
  };
}

function grants(turn: ClusterTurn, requests: Requests | undefined): boolean {
  return isOpen(requests) && turn.request === requests.asked;
}
