/** What each related application is to the charm: something it reads, something it says, or both. */
import type { Bag, Juju, Relation } from 'charmwright';
import type { KeyProblem } from '../../relations/bag.ts';
import type { Spec } from '../generated.ts';
import type { Inputs, NeighbourProblem, Neighbours } from '../plan/inputs.ts';
import type { Plan } from '../plan/plan.ts';

/** It is shown in a status. */
const MOST_SAID = 200;

/** What was read of the relations of one endpoint. */
export interface Seen {
  readonly neighbours: Partial<Neighbours>;
  /** What could not be used of it. The rest stays in use. */
  readonly problems?: readonly NeighbourProblem[];
}

/** Databags of one relation as they shall be. Absent, this side says nothing and leaves what is there. */
export interface Publication {
  /** Every unit's own. */
  readonly unit?: Bag;
  /** The application's; published by the leader. */
  readonly app?: Bag;
}

/** One endpoint's side of the charm. Loaded only while it has a relation. */
export interface Neighbour {
  /** Reads what the other sides say. Bad data is a problem in the answer, and never thrown. */
  observe?(juju: Juju<Spec>, relations: readonly Relation[]): Promise<Seen>;
  /** What this side says. Pure. */
  publish?(inputs: Inputs, relation: Pick<Relation, 'id' | 'name'>): Publication;
  /** What this side says where words alone do not do: it may need secrets. Instead of `publish`. */
  carryOut?(juju: Juju<Spec>, inputs: Inputs, plan: Plan, relations: readonly Relation[]): Promise<void>;
  /** A relation has gone for good: what was kept for it goes, too. */
  forget?(juju: Juju<Spec>): Promise<void>;
}

/** `from` as problems name it: the relation and who is on its other side. */
export function problemOf(
  relation: Pick<Relation, 'name' | 'remoteApp'>,
  key: string,
  problem: string,
): NeighbourProblem {
  return { relation: relation.name, app: relation.remoteApp, key, problem };
}

export function problemsOf(
  relation: Pick<Relation, 'name' | 'remoteApp'>,
  problems: readonly KeyProblem[],
): readonly NeighbourProblem[] {
  return problems.map(({ key, problem }) => problemOf(relation, key, problem));
}

/** What the other sides could not use of ours and say under `event`, as problems. */
export async function refusals(
  relations: readonly Relation[],
  read: (remoteApp: Bag) => readonly string[],
): Promise<Seen> {
  const problems = await Promise.all(
    relations.map(async (relation) =>
      read(await relation.remoteAppData()).map((said) =>
        problemOf(relation, 'event', `says: ${quotable(said)}`),
      ),
    ),
  );
  return { neighbours: {}, problems: problems.flat() };
}

/** In one line of bounded length, and without what stands before the host of a URL. */
function quotable(text: string): string {
  return text
    .replaceAll(/\/\/[^\s/]*@/g, '//')
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .slice(0, MOST_SAID);
}
