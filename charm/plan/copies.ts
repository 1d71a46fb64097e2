/**
 * How the number of copies changes. A query asks all ingesters but as many as copies may be missing: with one copy all,
 * with three all but one. So a Mimir of three copies does not see what lies in one ingester only. Nothing may lie there
 * when the first such Mimir starts, and nothing may be put there while a Mimir of another number runs:
 *
 * 1. To more copies than one: all flush, while they serve.
 * 2. All ingesters take no writes, and flush what came since; queries find it in the bucket.
 * 3. All stop at one time, and start on the new number, with empty ingesters.
 * 4. When no Mimir of the other number runs any more, the leader says so, and ingesters take writes.
 *
 * It is also when copies come to be in different zones, or cease to: a query may then do without the ingesters of a zone.
 *
 * What is older than that is in the bucket, which queries read for all times until no ingester is asked for it.
 */
import type { CopiesWord } from '../../relations/mimir-cluster.ts';
import type { Inputs } from './inputs.ts';

/** Mimir's `query_ingesters_within`: what is older comes from the bucket anyway. */
const WINDOW_MS = 13 * 3600_000;

/** What the units go by: what they have agreed on, or what the application that leads the cluster says. */
export function copiesWord(inputs: Inputs): CopiesWord & { readonly replicationFactor?: number | undefined } {
  const { agreement, neighbours } = inputs;
  const { joined } = neighbours;
  if (joined?.kind === 'ready')
    return { ...joined.configuration.copies, replicationFactor: joined.configuration.replicationFactor };
  const { replicationFactor, copiesSince: since, holdWrites: hold } = agreement ?? {};
  return joined === undefined ? { replicationFactor, since, hold, toCome: wanted(inputs) } : {};
}

/** What those are told who have joined, at the same time as the units of this application: from the end of the hook on. */
export function copiesToTell(inputs: Inputs): CopiesWord {
  const { replicationFactor: _number, ...word } = copiesWord(withAgreed(inputs));
  return word;
}

/** As leader: the inputs of the next hook, as far as this one decides them. */
export function withAgreed(inputs: Inputs): Inputs {
  const { agreed, agreement } = inputs;
  if (agreed === undefined) return inputs;
  const isOver = agreed.replicationFactor !== undefined;
  return { ...inputs, agreement: { ...agreement, ...agreed }, ...(isOver && { zones: undefined }) };
}

/** The number that is wanted instead of the one that the units have agreed on; undefined when it is the same. */
export function copiesToCome(inputs: Inputs): number | undefined {
  return copiesWord(inputs).toCome;
}

function wanted({ options, agreement, objectStorage, leader, zones }: Inputs): number | undefined {
  const wanted = options['replication-factor'];
  const agreed = agreement?.replicationFactor;
  if (agreed === undefined || objectStorage.kind !== 'ready') return undefined;
  if (agreed !== wanted && (wanted === 1 || wanted === 3 || wanted === 5)) return wanted;
  return leader ? zones?.rings?.copiesToCome : agreement?.copiesToCome;
}

/** What a unit says of how far it is. */
export function preparedFor(inputs: Inputs): {
  readonly flushedFor: number | undefined;
  readonly heldFor: number | undefined;
} {
  const { flushedFor, writesHeld } = inputs;
  const isHeld = writesHeld?.done === true && writesHeld.copies === copiesWord(inputs).hold;
  return { flushedFor, heldFor: isHeld ? writesHeld.copies : undefined };
}

/** Whether ingesters may still hold what was written in fewer copies. */
export function isMixed({ agreement, now }: Pick<Inputs, 'agreement' | 'now'>): boolean {
  const since = agreement?.copiesSince;
  return since !== undefined && now - since < WINDOW_MS;
}

/** How many copies there are, and whether in different zones, by a configuration file of ours: equal texts for equal ones. */
export function layoutIn(config: string | undefined): string | undefined {
  return config?.match(/^ +(?:replication_factor|zone_awareness_enabled): .*$/gm)?.join();
}
