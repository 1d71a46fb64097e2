/**
 * The unit's own record of its relations: which there are, and what it last published in each.
 *
 * Every question to Juju is a process of tens of milliseconds, and a dispatch that changes nothing would ask for
 * the ids of every endpoint and for every own databag, to find what it wrote there itself. So the unit keeps
 * that, in the same transaction as the databags. Juju is asked again whenever the record could be wrong: at
 * `start`, `upgrade-charm`, `config-changed` and `leader-elected`, and when there is no record.
 */
import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { JujuEvent } from '../events/event.ts';
import type { Bag } from '../hook-tools/relation.ts';
import type { Memory } from './memory.ts';

const KEY = 'charmwright.relations';
/** Characters; Juju keeps 64 KiB for one key. */
const LONGEST = 60_000;
const ASK_AGAIN: ReadonlySet<string> = new Set([
  'start',
  'upgrade-charm',
  'config-changed',
  'leader-elected',
]);

const ledgerShape = z.object({
  known: z.array(z.object({ endpoint: z.string(), id: z.number(), app: z.string() })),
  published: z.record(z.string(), z.record(z.string(), z.string())),
});
type Ledger = z.infer<typeof ledgerShape>;

export interface KnownRelation {
  readonly endpoint: string;
  readonly id: number;
  readonly app: string;
}

export class RelationLedger {
  readonly #memory: Memory;
  readonly #ledger: Ledger;
  /** False: ask Juju, do not believe the record. */
  readonly trusted: boolean;

  constructor(memory: Memory, event: JujuEvent) {
    this.#memory = memory;
    const record = read(memory.get(KEY));
    this.#ledger = record ?? { known: [], published: {} };
    // During install no relation has been entered, though `relation-ids` may list some: there are none yet.
    this.trusted = event.kind === 'install' || (record !== undefined && !ASK_AGAIN.has(event.kind));
    if (!('endpoint' in event)) return;
    if (event.kind === 'relation-broken') this.forget(event.relationId);
    else this.remember({ endpoint: event.endpoint, id: event.relationId, app: event.remoteApp });
  }

  known(endpoint: string): readonly KnownRelation[] {
    return this.#ledger.known.filter((relation) => relation.endpoint === endpoint);
  }

  app(id: number): string | undefined {
    return this.#ledger.known.find((relation) => relation.id === id)?.app;
  }

  remember(relation: KnownRelation): void {
    const others = this.#ledger.known.filter((known) => known.id !== relation.id);
    this.#ledger.known = [...others, relation].toSorted((a, b) => a.id - b.id);
  }

  forget(id: number): void {
    this.#ledger.known = this.#ledger.known.filter((known) => known.id !== id);
    delete this.#ledger.published[`${id}/unit`];
    delete this.#ledger.published[`${id}/app`];
  }

  /** Keeps only these of an endpoint's relations: what Juju has just listed. */
  keepOnly(endpoint: string, ids: readonly number[]): void {
    for (const { id } of this.known(endpoint)) if (!ids.includes(id)) this.forget(id);
  }

  /** Digests by key of what this unit last wrote there; undefined when it does not know. */
  published(id: number, side: 'unit' | 'app'): Readonly<Record<string, string>> | undefined {
    return this.trusted ? this.#ledger.published[`${id}/${side}`] : undefined;
  }

  recordPublished(id: number, side: 'unit' | 'app', bag: Bag): void {
    const digests = Object.entries(bag)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => [key, digest(value)]);
    this.#ledger.published[`${id}/${side}`] = Object.fromEntries(digests);
  }

  save(): void {
    const published = Object.fromEntries(
      Object.entries(this.#ledger.published).toSorted(([a], [b]) => (a < b ? -1 : 1)),
    );
    const { known } = this.#ledger;
    const whole = JSON.stringify({ known, published });
    // With many hundreds of relations the digests do not fit; Juju is then asked for the databags instead.
    this.#memory.set(KEY, whole.length <= LONGEST ? whole : JSON.stringify({ known, published: {} }));
  }
}

/** Tells two values apart without keeping them: databags can be megabytes, and hold secrets. */
export function digest(value: string): string {
  return createHash('sha256').update(value).digest('base64url').slice(0, 16);
}

function read(text: string | undefined): Ledger | undefined {
  if (text === undefined) return undefined;
  try {
    return ledgerShape.parse(JSON.parse(text));
  } catch {
    return undefined; // another version's record: Juju is asked instead
  }
}
