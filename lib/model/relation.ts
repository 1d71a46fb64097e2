/** One relation: the databags of both sides, typed by the endpoint's schemas. */

import type * as z from 'zod';
import { encode } from 'zod/mini';
import {
  type DatabagIssue,
  PermissionError,
  RelationAccessError,
  RelationDataError,
  RelationNotFoundError,
} from '../errors.ts';
import { type Bag, relationGet, relationList, relationModel, relationSet } from '../hook-tools/relation.ts';
import type { ToolRunner } from '../hook-tools/runner.ts';
import { textMap } from '../shapes.ts';
import { digest, type RelationLedger } from './relation-ledger.ts';
import type { RemoteData } from './remote-data.ts';

/** Schemas of an endpoint's databags. A side without one is a plain bag of strings. */
export interface EndpointSchema {
  readonly remoteApp?: z.ZodType;
  readonly remoteUnit?: z.ZodType;
  readonly localApp?: z.ZodType;
  readonly localUnit?: z.ZodType;
}

/** What a side holds once parsed. */
export type Side<E extends EndpointSchema, K extends keyof EndpointSchema> = E[K] extends z.ZodType
  ? z.output<E[K]>
  : Bag;

/** Parsed data, or why it is not valid. Remote data never throws. */
export type Loaded<T> =
  | { readonly ok: true; readonly data: T }
  | { readonly ok: false; readonly error: RelationDataError };

/** Keys Juju itself writes into a unit's databag. */
const JUJU_KEYS: ReadonlySet<string> = new Set(['egress-subnets', 'ingress-address', 'private-address']);

export interface RelationContext {
  readonly tools: ToolRunner;
  readonly ledger: RelationLedger;
  /** Absent: each dispatch asks Juju for all that it reads. */
  readonly remote?: RemoteData | undefined;
  readonly unit: string;
  readonly app: string;
  isLeader(): Promise<boolean>;
}

/** One relation of an endpoint: who is on the other side, and the databags of both sides. */
export class Relation<E extends EndpointSchema = EndpointSchema> {
  readonly endpoint: string;
  readonly id: number;
  readonly remoteApp: string;
  readonly #context: RelationContext;
  readonly #schema: E;
  readonly #reads = new Map<string, Promise<Bag>>();
  readonly #wanted = new Map<'unit' | 'app', Bag>();
  #units: Promise<readonly string[]> | undefined;
  #remoteModel: Promise<string> | undefined;
  #isGone: boolean;

  /** @internal */
  constructor(
    context: RelationContext,
    endpoint: string,
    id: number,
    remoteApp: string,
    schema: E,
    options: { readonly isBroken?: boolean } = {},
  ) {
    this.#context = context;
    this.endpoint = endpoint;
    this.id = id;
    this.remoteApp = remoteApp;
    this.#schema = schema;
    this.#isGone = options.isBroken ?? false;
  }

  /** `s3:4` */
  get name(): string {
    return `${this.endpoint}:${this.id}`;
  }

  /** False when the relation is broken, or Juju has dropped it since: it has no units then, and is not written to. */
  get active(): boolean {
    return !this.#isGone;
  }

  /** Units that have joined on the other side; for a peer relation the other units. Sorted by number. */
  units(): Promise<readonly string[]> {
    if (this.#isGone) return Promise.resolve([]);
    this.#units ??= this.#members();
    return this.#units;
  }

  async #members(): Promise<readonly string[]> {
    const { tools, ledger } = this.#context;
    const known = ledger.units(this.id);
    const units = known ?? (await this.#orGone(relationList(tools, this), []));
    if (known === undefined) ledger.recordUnits(this.id, units);
    return units.toSorted((a, b) => unitNumber(a) - unitNumber(b));
  }

  /** Data of the other side's application; for a peer relation our own application's. */
  remoteAppData(): Promise<Bag> {
    return this.#read({ app: this.remoteApp });
  }

  /**
   * Data of one unit on the other side; of one that has left, its last.
   * @throws RelationAccessError for a unit of an application that is not at the other side.
   */
  async remoteUnitData(unit: string): Promise<Bag> {
    if (!unit.startsWith(`${this.remoteApp}/`)) {
      throw new RelationAccessError(
        `cannot read data of ${unit} in ${this.name}: at its other side is ${this.remoteApp}; ask units() for those that are there`,
      );
    }
    return this.#read({ unit });
  }

  /** UUID of the model that the other application is in: another one than ours in a cross-model relation. */
  remoteModel(): Promise<string> {
    this.#remoteModel ??= relationModel(this.#context.tools, this);
    return this.#remoteModel;
  }

  /** The other application's data by the endpoint's `remoteApp` schema. Wrong data is an answer, and never thrown. */
  async loadRemoteApp(): Promise<Loaded<Side<E, 'remoteApp'>>> {
    return this.#parse('remoteApp', this.remoteApp, await this.remoteAppData());
  }

  /** One unit's data by the endpoint's `remoteUnit` schema. */
  async loadRemoteUnit(unit: string): Promise<Loaded<Side<E, 'remoteUnit'>>> {
    return this.#parse('remoteUnit', unit, await this.remoteUnitData(unit));
  }

  /** What this unit's databag holds, with what was published in this dispatch. */
  async localUnitData(): Promise<Bag> {
    return this.#wanted.get('unit') ?? withoutJujuKeys(await this.#read({ unit: this.#context.unit }));
  }

  /**
   * Our application's databag: the leader may read it, and in a peer relation every unit.
   * @throws RelationAccessError as any other unit.
   */
  async localAppData(): Promise<Bag> {
    if (this.remoteApp !== this.#context.app && this.active && !(await this.#context.isLeader())) {
      throw new RelationAccessError(
        `cannot read our own application's data in ${this.name}: ${this.#context.unit} is not the leader; ask juju.isLeader() first, or share it in a peer relation`,
      );
    }
    return this.#wanted.get('app') ?? (await this.#read({ app: this.#context.app }));
  }

  /** From now on this unit's databag holds exactly this. Written once, when the dispatch succeeds. */
  publishUnit(data: Side<E, 'localUnit'>): void {
    this.#wanted.set('unit', this.#encode('localUnit', data));
  }

  /** From now on our application's databag holds exactly this. @throws RelationAccessError when not the leader. */
  async publishApp(data: Side<E, 'localApp'>): Promise<void> {
    if (!(await this.#context.isLeader())) {
      throw new RelationAccessError(
        `cannot publish application data in ${this.name}: ${this.#context.unit} is not the leader; ask juju.isLeader() first`,
      );
    }
    this.#wanted.set('app', this.#encode('localApp', data));
  }

  /** Writes what differs, one call a databag. The framework calls it once, at the end of the dispatch. @internal */
  async flush(): Promise<void> {
    for (const side of ['app', 'unit'] as const) {
      const wanted = this.#wanted.get(side);
      if (wanted === undefined || this.#isGone) continue;
      const changes = await this.#changes(side, wanted);
      if (Object.keys(changes).length > 0) {
        await this.#orGone(relationSet(this.#context.tools, this, side, changes), undefined);
        // Of peers it is what the others read, too: whether it counts is known when Juju has committed it.
        if (side === 'app') this.#context.remote?.forget(this.id, this.#context.app);
      }
      if (!this.#isGone) this.#context.ledger.recordPublished(this.id, side, wanted);
    }
  }

  /** Keys to set, and `''` for keys to delete, in a stable order. */
  async #changes(side: 'unit' | 'app', wanted: Bag): Promise<Bag> {
    const recorded = this.#context.ledger.published(this.id, side);
    const present = recorded ?? (await this.#present(side));
    const same = (key: string, value: string) =>
      recorded === undefined ? present[key] === value : present[key] === digest(value);
    const set = Object.entries(wanted).filter(([key, value]) => !same(key, value));
    const gone = Object.keys(present).filter((key) => !(key in wanted));
    return Object.fromEntries(
      [...set, ...gone.map((key) => [key, ''] as const)].toSorted(([a], [b]) => (a < b ? -1 : 1)),
    );
  }

  async #present(side: 'unit' | 'app'): Promise<Bag> {
    return side === 'unit'
      ? withoutJujuKeys(await this.#read({ unit: this.#context.unit }))
      : this.#read({ app: this.#context.app });
  }

  #read(entity: { readonly unit: string } | { readonly app: string }): Promise<Bag> {
    const key = 'unit' in entity ? entity.unit : entity.app;
    const known = this.#reads.get(key);
    if (known !== undefined) return known;
    const remembered = this.#memoryOf(key)?.recall(this.id, key);
    const read =
      remembered === undefined
        ? this.#orGone(this.#orRefused(this.#ask(entity, key), key), {})
        : Promise.resolve(remembered);
    this.#reads.set(key, read);
    return read;
  }

  async #ask(entity: { readonly unit: string } | { readonly app: string }, key: string): Promise<Bag> {
    const bag = await relationGet(this.#context.tools, this, entity);
    this.#memoryOf(key)?.remember(this.id, key, bag);
    return bag;
  }

  /** Of what others write: an event tells when it changes. A relation that breaks is not to come alive again. */
  #memoryOf(entity: string): RemoteData | undefined {
    const isOurs = entity === this.#context.unit;
    const isRemote = entity === this.remoteApp || entity.startsWith(`${this.remoteApp}/`);
    return isRemote && !isOurs && !this.#isGone ? this.#context.remote : undefined;
  }

  /** While a relation or a unit is going, Juju may refuse to show what the others published: nothing, then. */
  async #orRefused(answer: Promise<Bag>, entity: string): Promise<Bag> {
    try {
      return await answer;
    } catch (error) {
      if (error instanceof PermissionError && entity !== this.#context.app) return {};
      throw error;
    }
  }

  /** A relation that Juju has dropped meanwhile reads as empty, and is forgotten. */
  async #orGone<T>(answer: Promise<T>, gone: T): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      if (!(error instanceof RelationNotFoundError)) throw error;
      this.#isGone = true;
      this.#context.ledger.forget(this.id);
      this.#context.remote?.forget(this.id);
      return gone;
    }
  }

  #parse<K extends 'remoteApp' | 'remoteUnit'>(side: K, entity: string, bag: Bag): Loaded<Side<E, K>> {
    const schema = this.#schema[side];
    // Without a schema a side's type is the bag itself (see `Side`), which TypeScript cannot follow here.
    if (schema === undefined) return { ok: true, data: bag as Side<E, K> };
    const result = check(schema, bag);
    if (result.ok) return { ok: true, data: result.data as Side<E, K> };
    return { ok: false, error: new RelationDataError(this.name, entity, result.issues) };
  }

  #encode<K extends 'localApp' | 'localUnit'>(side: K, data: Side<E, K>): Bag {
    const schema = this.#schema[side];
    const encoded: unknown = schema === undefined ? data : encode(schema, data);
    const bag = textMap.parse(encoded);
    return Object.fromEntries(Object.entries(bag).filter(([, value]) => value !== ''));
  }
}

type Checked =
  | { readonly ok: true; readonly data: unknown }
  | { readonly ok: false; readonly issues: readonly DatabagIssue[] };

/** A schema may throw on what nobody foresaw (JSON too deep for a recursive schema): that is bad data, too. */
function check(schema: z.ZodType, bag: Bag): Checked {
  try {
    const result = schema.safeParse(bag);
    return result.success
      ? { ok: true, data: result.data }
      : { ok: false, issues: result.error.issues.map(toIssue) };
  } catch (error) {
    const problem = `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    return { ok: false, issues: [{ key: '', problem }] };
  }
}

/** What a schema found, by the key that it is about. */
export function toIssue({ path, message }: z.core.$ZodIssue): DatabagIssue {
  const [key = '', ...inner] = path;
  return { key: String(key), problem: inner.length === 0 ? message : `${inner.join('.')}: ${message}` };
}

/** JSON with the keys of every object sorted, so that equal values give equal bytes. */
export function stableJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

function withoutJujuKeys(bag: Bag): Bag {
  return Object.fromEntries(Object.entries(bag).filter(([key]) => !JUJU_KEYS.has(key)));
}

/** `app/12` -> 12 */
export function unitNumber(unit: string): number {
  return Number(unit.slice(unit.lastIndexOf('/') + 1));
}
