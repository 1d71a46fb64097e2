/** What there still is of a tenant, what that means, and when the rest goes. */

/** What an ingester says of the tenant. */
export interface AskedIngester {
  /** Its pod. */
  readonly id: string;
  /** One that is silent may have something. */
  readonly answer: 'has some' | 'has none' | 'silent';
}

export interface Left {
  /** Names in the storage, without the mark; undefined where the charm cannot look. */
  readonly objects: readonly string[] | undefined;
  /** Mimir's own word. */
  readonly blocks: boolean;
  readonly ingesters: readonly AskedIngester[];
  readonly isMarked: boolean;
  /** In milliseconds since 1970, where it can be known. */
  readonly markedAt: number | undefined;
}

export type State = 'there' | 'deleting' | 'in-ingesters' | 'gone';

export function stateOf(left: Left): State {
  if (!isInStorage(left) && pods(left).length === 0) return 'gone';
  if (!left.isMarked) return 'there';
  return isInStorage(left) ? 'deleting' : 'in-ingesters';
}

export function isInStorage({ objects = [], blocks }: Left): boolean {
  return blocks || objects.length > 0;
}

/** Those whose ingester has something, or may. */
export function pods({ ingesters }: Left): readonly string[] {
  return ingesters.filter(({ answer }) => answer !== 'has none').map(({ id }) => id);
}

/**
 * An ingester looks for the mark when it ships its blocks, once a minute, if it has not looked for an hour, and drops
 * tenants whose mark it has seen every five minutes. All three are fixed in Mimir; a minute is for slow answers.
 */
const LONGEST_IN_INGESTERS_MS = (60 + 1 + 5 + 1) * 60_000;

/** By when ingesters have dropped it, if nobody sends any more. Undefined when there is nothing to wait for. */
export function goneBy(left: Left): string | undefined {
  const state = stateOf(left);
  if (left.markedAt === undefined || state === 'gone' || state === 'there') return undefined;
  return new Date(left.markedAt + LONGEST_IN_INGESTERS_MS).toISOString();
}

/** For people: what has been seen, and what still comes. */
export function summary(left: Left, now: number): string {
  return [inStorage(left), inIngesters(left), toCome(left, now)].filter((part) => part !== '').join('; ');
}

function inStorage({ objects, blocks, isMarked }: Left): string {
  if (objects !== undefined && objects.length > 0)
    return `${objects.length === 1 ? '1 object is' : `${objects.length} objects are`} left in storage`;
  if (blocks) return 'Mimir says that there are blocks in storage';
  if (objects === undefined)
    return 'Mimir says that there are no blocks in storage, where the charm cannot look';
  return isMarked ? 'storage was listed and has nothing but the mark' : 'storage was listed and has nothing';
}

function inIngesters({ ingesters }: Left): string {
  const those = (wanted: AskedIngester['answer']) =>
    ingesters
      .filter(({ answer }) => answer === wanted)
      .map(({ id }) => id)
      .join(', ');
  const [some, silent] = [those('has some'), those('silent')];
  if (some === '' && silent === '') return `the ingesters were asked and have nothing (${ingesters.length})`;
  return [some && `the last hours are in the ingesters of ${some}`, silent && `no answer from ${silent}`]
    .filter((part) => part !== '')
    .join(', and ');
}

function toCome(left: Left, now: number): string {
  const by = goneBy(left);
  switch (stateOf(left)) {
    case 'gone':
      return '';
    case 'there':
      return 'nothing is being deleted';
    case 'deleting':
      return `Mimir deletes it in its next round${by === undefined ? '' : `, and what ingesters have by ${by}`}`;
    case 'in-ingesters':
      if (by !== undefined && Date.parse(by) < now) return `it was to go by ${by}: somebody goes on sending`;
      return `queries find it until it goes: ${by === undefined ? 'in an hour or so' : `by ${by}`}, or five minutes after a restart`;
  }
}
