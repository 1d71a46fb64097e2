import type { Figure } from '../figures.ts';

export interface Picture {
  /** In docs/pictures. */
  readonly file: string;
  /** What it shows. */
  readonly about: string;
  readonly svg: string;
}

/** What each piece more costs, for those who carry it on to many more, and what does not grow. */
export type Facts = Readonly<
  Partial<
    Record<
      | 'processesForEachPeer'
      | 'processesForEachMember'
      | 'keptForEachMember'
      | 'keptForEachSender'
      | 'keptForEachGrafana'
      | 'largestDatabag'
      | 'ringForEach'
      | 'gossipForEach'
      | 'membersOfGossip'
      | 'knownToAllAfter'
      | 'syncForEachSender',
      number
    >
  >
>;

export interface Measured {
  readonly facts?: Facts;
  readonly figures: readonly Figure[];
  readonly pictures: readonly Picture[];
  /** Tables, below all that. */
  readonly text: string;
}

/** What one more costs among the many: between the last two of what was measured. */
export function slope(counts: readonly number[], values: readonly number[]): number {
  const [some = Number.NaN, many = Number.NaN] = counts.slice(-2);
  const [less = Number.NaN, more = Number.NaN] = values.slice(-2);
  return (more - less) / (many - some);
}
