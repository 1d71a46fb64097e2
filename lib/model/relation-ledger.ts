/**
 * The unit's own record of its relations: which there are, who has joined them, and what it last published in each.
 *
 * Every question to Juju is a process of tens of milliseconds, and a dispatch that changes nothing would ask for
 * the ids of every endpoint, for the units of every relation and for every own databag, to find what its hooks have
 * told it and what it wrote there itself. So the unit keeps that, in the same transaction as the databags. Juju is
 * asked again whenever the record could be wrong: at `start`, `upgrade-charm` and `leader-elected`, when there is no
 * record, and for the units of a relation in each of its own events.
 */
import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import type { JujuEvent, RelationEvent } from '../events/event.ts';
import type { Bag } from '../hook-tools/relation.ts';
import type { Memory } from './memory.ts';

const KEY = 'charmwright.relations';
/** Characters of one key; Juju keeps 64 KiB for it. What is longer goes on in the next: `charmwright.relations.1`. */
const LONGEST = 60_000;
/** Juju keeps 2 MiB for all keys of a unit, and the charm's own come first. */
const MOST_PIECES = 16;
const ASK_AGAIN: ReadonlySet<string> = new Set(['start', 'upgrade-charm', 'leader-elected']);

const ledgerShape = z.object({
  known: z.array(
    z.object({
      endpoint: z.string(),
      id: z.number(),
      app: z.string(),
      units: z.optional(z.array(z.string())),
    }),
  ),
  published: z.record(z.string(), z.record(z.string(), z.string())),
  /** Endpoints whose relations are not all in `known`: the record began in the middle of the unit's life. */
  unlisted: z._default(z.array(z.string()), []),
});
type Ledger = z.infer<typeof ledgerShape>;

export interface KnownRelation {
  readonly endpoint: string;
  readonly id: number;
  readonly app: string;
  /** Those that have joined; absent when they were not asked for yet. */
  readonly units?: readonly string[] | undefined;
}

export class RelationLedger {
  readonly #memory: Memory;
  readonly #ledger: Ledger;
  readonly #concerned: number | undefined;
  /** False: ask Juju, do not believe the record of what this unit did. */
  readonly trusted: boolean;

  /** `endpoints`: names of all that the charm declares. */
  constructor(memory: Memory, event: JujuEvent, endpoints: readonly string[]) {
    this.#memory = memory;
    const record = read(whole(memory));
    // Before its first hook a unit has entered no relation, though `relation-ids` may list some.
    const unlisted = event.kind === 'install' ? [] : [...endpoints];
    this.#ledger = record ?? { known: [], published: {}, unlisted };
    this.trusted = (record !== undefined || event.kind === 'install') && !ASK_AGAIN.has(event.kind);
    if (!('endpoint' in event)) return;
    this.#concerned = event.relationId;
    if (event.kind === 'relation-broken') this.forget(event.relationId);
    else
      this.remember({
        endpoint: event.endpoint,
        id: event.relationId,
        app: event.remoteApp,
        units: this.#after(event),
      });
  }

  /** Whether `known` tells all relations of this endpoint, so that Juju need not be asked. */
  trusts(endpoint: string): boolean {
    return this.trusted && !this.#ledger.unlisted.includes(endpoint);
  }

  known(endpoint: string): readonly KnownRelation[] {
    return this.#ledger.known.filter((relation) => relation.endpoint === endpoint);
  }

  app(id: number): string | undefined {
    return this.#ledger.known.find((relation) => relation.id === id)?.app;
  }

  remember(relation: KnownRelation): void {
    const others = this.#ledger.known.filter((known) => known.id !== relation.id);
    const { units = this.#unitsOf(relation.id), ...rest } = relation;
    const entry = units === undefined ? rest : { ...rest, units: [...units] };
    this.#ledger.known = [...others, entry].toSorted((a, b) => a.id - b.id);
  }

  /** Who has joined a relation; undefined when Juju must be asked: in the relation's own events, too. */
  units(id: number): readonly string[] | undefined {
    if (!this.trusted || id === this.#concerned) return undefined;
    return this.#unitsOf(id);
  }

  recordUnits(id: number, units: readonly string[]): void {
    const relation = this.#ledger.known.find((known) => known.id === id);
    if (relation !== undefined) this.remember({ ...relation, units });
  }

  /** Who has joined a relation now that this happened in it, when it was known before. */
  #after(event: RelationEvent): readonly string[] | undefined {
    const before = this.#unitsOf(event.relationId);
    if (before === undefined || !('remoteUnit' in event) || event.remoteUnit === undefined) return before;
    const others = before.filter((unit) => unit !== event.remoteUnit);
    return event.kind === 'relation-departed' ? others : [...others, event.remoteUnit];
  }

  #unitsOf(id: number): readonly string[] | undefined {
    return this.#ledger.known.find((relation) => relation.id === id)?.units;
  }

  forget(id: number): void {
    this.#ledger.known = this.#ledger.known.filter((known) => known.id !== id);
    delete this.#ledger.published[`${id}/unit`];
    delete this.#ledger.published[`${id}/app`];
  }

  /**
   * Brings the record in line with what Juju has just listed, and returns the ids that count. Juju may list a
   * relation before its `relation-created` hook, when its data cannot be read yet: for a charm a relation begins
   * with that hook. The first list of an endpoint after a record began late (the unit ran another charm before)
   * counts as it is.
   */
  confirm(endpoint: string, listed: readonly number[]): readonly number[] {
    for (const { id } of this.known(endpoint)) if (!listed.includes(id)) this.forget(id);
    if (!this.#ledger.unlisted.includes(endpoint)) return this.known(endpoint).map(({ id }) => id);
    this.#ledger.unlisted = this.#ledger.unlisted.filter((name) => name !== endpoint);
    return listed;
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
    const { known, unlisted } = this.#ledger;
    const withoutUnits = known.map(({ units: _, ...relation }) => relation);
    // With many thousands of relations the digests do not fit, with tens of thousands of units their names neither:
    // Juju is then asked instead.
    let text = JSON.stringify({ known, published, unlisted });
    const most = MOST_PIECES * LONGEST;
    if (text.length > most) text = JSON.stringify({ known, published: {}, unlisted });
    if (text.length > most) text = JSON.stringify({ known: withoutUnits, published: {}, unlisted });
    const pieces = Math.ceil(text.length / LONGEST);
    for (let piece = 0; piece < pieces; piece++)
      this.#memory.set(keyOf(piece), text.slice(piece * LONGEST, (piece + 1) * LONGEST));
    for (let piece = pieces; this.#memory.get(keyOf(piece)) !== undefined; piece++)
      this.#memory.set(keyOf(piece), undefined);
  }
}

function keyOf(piece: number): string {
  return piece === 0 ? KEY : `${KEY}.${piece}`;
}

function whole(memory: Memory): string | undefined {
  let text = memory.get(KEY);
  for (let piece = 1, more = memory.get(keyOf(1)); more !== undefined; more = memory.get(keyOf(++piece)))
    text = `${text ?? ''}${more}`;
  return text;
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
