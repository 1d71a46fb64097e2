/**
 * What the other sides of relations have published, remembered from one dispatch to the next.
 *
 * Each databag is a process to read, and nearly every dispatch reads what the one before it has read. Juju tells of
 * each change with an event of that relation, so until then what was read last is what a charm has been told of; Juju's
 * own agent keeps the databags of units in the same way. An event makes the unit forget whom it tells about before
 * anything else is done, so that no hook that fails, or is killed, leaves behind what was true before it. The other units
 * of the relation are remembered: each of them has events of its own, and to read a thousand again after each of their
 * thousand events would be a million processes.
 *
 * It lies in the charm's folder, a file for each relation, and is gone with the pod. Databags may hold credentials: the
 * files can be read by the charm's user alone, and nothing is in them that Juju would not give to whoever reads the
 * agent's own configuration beside that folder.
 */
import * as z from 'zod/mini';
import type { JujuEvent, RelationEvent } from '../events/event.ts';
import type { Bag } from '../hook-tools/relation.ts';
import { parseJson } from '../json.ts';
import { textMap } from '../shapes.ts';
import { type CharmFiles, REMOTE_FOLDER } from './charm-files.ts';

/** Characters; the databags of a relation that are larger are asked for each time. */
const LONGEST = 4 * 1024 * 1024;

/** Another pod, another charm, another leader: what happened before was not told to this one. */
const ASK_AGAIN: ReadonlySet<string> = new Set(['install', 'start', 'upgrade-charm', 'leader-elected']);

/** By unit or application. */
const fileShape = z.record(z.string(), textMap);

export class RemoteData {
  readonly #files: CharmFiles;
  /** By relation, those that were asked for in this dispatch. */
  readonly #known = new Map<number, Map<string, Bag>>();
  readonly #changed = new Set<number>();

  /** Forgets what the event may have changed. @throws Node's error when that cannot be removed */
  constructor(files: CharmFiles, event: JujuEvent) {
    this.#files = files;
    if (ASK_AGAIN.has(event.kind)) files.remove(REMOTE_FOLDER);
    else if ('endpoint' in event) this.#forgetTold(event);
  }

  /** A unit's event tells of that unit, and the application may have spoken, too. */
  #forgetTold(event: RelationEvent): void {
    const isWhole = event.kind === 'relation-created' || event.kind === 'relation-broken';
    const bags = isWhole ? new Map<string, Bag>() : this.#of(event.relationId);
    bags.delete(event.remoteApp);
    if ('remoteUnit' in event && event.remoteUnit !== undefined) bags.delete(event.remoteUnit);
    this.#keep(event.relationId, bags);
  }

  /** A databag as it was read last; undefined when it is to be asked for. */
  recall(relation: number, entity: string): Bag | undefined {
    return this.#of(relation).get(entity);
  }

  remember(relation: number, entity: string, bag: Bag): void {
    this.#of(relation).set(entity, bag);
    this.#changed.add(relation);
  }

  /** One databag, or all of the relation. */
  forget(relation: number, entity?: string): void {
    const bags = this.#of(relation);
    if (entity === undefined) bags.clear();
    else bags.delete(entity);
    this.#changed.add(relation);
  }

  /** Once the dispatch has succeeded. What cannot be kept is asked for again. */
  save(): void {
    for (const relation of this.#changed) this.#keep(relation, this.#of(relation));
    this.#changed.clear();
  }

  #keep(relation: number, bags: ReadonlyMap<string, Bag>): void {
    const sorted = [...bags].toSorted(([a], [b]) => (a < b ? -1 : 1));
    const text = JSON.stringify(Object.fromEntries(sorted));
    if (bags.size === 0 || text.length > LONGEST || !this.#write(relation, text))
      this.#files.remove(fileOf(relation));
  }

  #write(relation: number, text: string): boolean {
    try {
      this.#files.write(fileOf(relation), text);
      return true;
    } catch {
      return false; // a full disk, or a folder that cannot be written to
    }
  }

  #of(relation: number): Map<string, Bag> {
    const known = this.#known.get(relation);
    if (known !== undefined) return known;
    const bags = parse(this.#files.read(fileOf(relation)));
    this.#known.set(relation, bags);
    return bags;
  }
}

function fileOf(relation: number): string {
  return `${REMOTE_FOLDER}/${relation}.json`;
}

/** A file that is not whole counts as none. */
function parse(text: string | undefined): Map<string, Bag> {
  const result = text === undefined ? undefined : fileShape.safeParse(parseJson(text));
  return new Map(result?.success ? Object.entries(result.data) : []);
}
