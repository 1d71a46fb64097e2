/**
 * In a cluster one application restarts its units at a time: each asks the one that leads for all its units together, as
 * units ask their application's leader. What two of them hold of the same series would else be away at once.
 */
import type { ClusterTurn, Requests } from '../../relations/peers.ts';
import { leadsCluster } from './cluster.ts';
import type { Inputs } from './inputs.ts';
import { isOpen } from './requests.ts';

export type Seen = Pick<Inputs, 'app' | 'agreement' | 'neighbours'>;

/** Whom an application has to wait for. */
type Place =
  /** Nobody; also where the one that leads has a charm that gives no turns. */
  | { readonly kind: 'alone' }
  | { readonly kind: 'leads'; readonly members: Readonly<Record<string, Requests | undefined>> }
  | { readonly kind: 'joined'; readonly turn: ClusterTurn | undefined };

/** Where an application is in its cluster. */
export function placeOf({ neighbours }: Pick<Seen, 'neighbours'>): Place {
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
