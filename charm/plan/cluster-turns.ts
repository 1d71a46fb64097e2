/**
 * In a cluster one application restarts its units at a time: each asks the one that leads for all its units together, as
 * units ask their application's leader. What two of them hold of the same series would else be away at once.
 */
import type { ClusterTurn, Requests } from '../../relations/peers.ts';
import { compareTexts } from '../text.ts';
import { leadsCluster } from './cluster.ts';
import type { Inputs } from './inputs.ts';
import { isOpen, withoutRequest, withRequest } from './requests.ts';

type Seen = Pick<Inputs, 'app' | 'agreement' | 'neighbours'>;

/** Whom an application has to wait for. */
type Place =
  /** Nobody; also where the one that leads has a charm that gives no turns. */
  | { readonly kind: 'alone' }
  | { readonly kind: 'leads'; readonly members: Readonly<Record<string, Requests | undefined>> }
  | { readonly kind: 'joined'; readonly turn: ClusterTurn | undefined };

function placeOf({ neighbours }: Pick<Seen, 'neighbours'>): Place {
  const { joined, members = [] } = neighbours;
  if (joined?.kind === 'ready' && joined.turn !== undefined)
    return { kind: 'joined', turn: joined.turn === 'nobody' ? undefined : joined.turn };
  if (joined !== undefined || !leadsCluster({ neighbours })) return { kind: 'alone' };
  return {
    kind: 'leads',
    members: Object.fromEntries(members.map(({ app, requests }) => [app, requests])),
  };
}

/** Whether others than the units of this application are to be waited for. */
export function isInCluster(inputs: Pick<Seen, 'neighbours'>): boolean {
  return placeOf(inputs).kind !== 'alone';
}

/** Whether its leader may have to decide or to end anything of it. */
export function concernsClusterTurns(inputs: Seen): boolean {
  const { clusterTurn, clusterRequests } = inputs.agreement ?? {};
  const place = placeOf(inputs);
  const asked = place.kind === 'leads' && Object.values(place.members).some(isOpen);
  return asked || clusterTurn !== undefined || isOpen(clusterRequests);
}

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

/** The one that has it, until its request is over; then the next by name. Nobody, when nobody asks. */
function nextApplication(
  held: ClusterTurn | undefined,
  requests: Readonly<Record<string, Requests | undefined>>,
): ClusterTurn | undefined {
  if (held !== undefined && grants(held, requests[held.application])) return held;
  const place = (application: string) =>
    held === undefined || compareTexts(application, held.application) > 0 ? 0 : 1;
  const asking = Object.entries(requests)
    .flatMap(([application, each]) => (isOpen(each) ? [{ application, request: each.asked }] : []))
    .toSorted(
      (a, b) => place(a.application) - place(b.application) || compareTexts(a.application, b.application),
    );
  return asking[0];
}
