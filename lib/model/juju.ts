/** What a handler holds in its hand: the unit, its relations, its containers, as Juju knows them now. */
import type { z } from 'zod';
import { NotAllowedError, RelationNotFoundError } from '../errors.ts';
import type { JujuEvent } from '../events/event.ts';
import type { JujuContext } from '../events/parse.ts';
import { relationApp, relationIds } from '../hook-tools/relation.ts';
import type { ToolRunner } from '../hook-tools/runner.ts';
import * as unit from '../hook-tools/unit.ts';
import { parseJson } from '../json.ts';
import type { Log } from '../log.ts';
import type { Pebble } from '../pebble/pebble.ts';
import type { CharmSpec } from '../spec/spec.ts';
import type {
  BindingName,
  ConfigValues,
  ContainerName,
  EndpointName,
  ResourceName,
  StorageName,
} from '../spec/types.ts';
import type { Memory } from './memory.ts';
import { type EndpointSchema, Relation, type RelationContext } from './relation.ts';
import type { RelationLedger } from './relation-ledger.ts';
import { Secrets } from './secrets.ts';
import type { Status } from './status.ts';

/** Schemas of the databags, for the endpoints that have them. */
export type EndpointSchemas<S extends CharmSpec> = { readonly [E in EndpointName<S>]?: EndpointSchema };

type SchemaOf<R, E extends string> = E extends keyof R
  ? R[E] extends EndpointSchema
    ? R[E]
    : EndpointSchema
  : EndpointSchema;

/** One attached instance of a storage. */
export interface StorageInstance {
  /** `data/0` */
  readonly id: string;
  readonly kind: 'filesystem' | 'block';
  readonly location: string;
}

/** The edges a dispatch touches; tests give simulated ones. */
export interface Edges {
  readonly tools: ToolRunner;
  pebble(container: string): Pebble;
}

/** A workload container, by its Pebble. */
export type Container = Pebble;

export interface DispatchParts<S extends CharmSpec> {
  readonly spec: S;
  readonly schemas: EndpointSchemas<S>;
  readonly context: JujuContext;
  readonly event: JujuEvent<S>;
  readonly edges: Edges;
  readonly memory: Memory;
  readonly ledger: RelationLedger;
  readonly log: Log;
}

/** What the handlers of a dispatch left behind for its end. */
export interface Outcome<S extends CharmSpec> {
  readonly deferred: readonly JujuEvent<S>[];
  readonly unitStatuses: readonly Status[];
  readonly appStatuses: readonly Status[];
}

/** The unit as Juju knows it now. Each question is asked when it is first needed, and once in a dispatch. */
export class Juju<S extends CharmSpec = CharmSpec, R extends EndpointSchemas<S> = EndpointSchemas<S>> {
  readonly event: JujuEvent<S>;
  /** `mimir-k8s/0` */
  readonly unit: string;
  readonly app: string;
  readonly model: { readonly name: string; readonly uuid: string };
  readonly jujuVersion: string;
  readonly charmDir: string;
  readonly secrets: Secrets;
  readonly log: Log;
  readonly #parts: DispatchParts<S>;
  readonly #answers = new Map<string, Promise<unknown>>();
  readonly #relations = new Map<number, Relation>();
  readonly #unitStatuses: Status[] = [];
  readonly #appStatuses: Status[] = [];
  readonly #deferred: JujuEvent<S>[] = [];

  constructor(parts: DispatchParts<S>) {
    this.#parts = parts;
    this.event = parts.event;
    this.unit = parts.context.unit;
    this.app = parts.context.app;
    this.model = parts.context.model;
    this.jujuVersion = parts.context.jujuVersion;
    this.charmDir = parts.context.charmDir;
    this.secrets = new Secrets(parts.edges.tools);
    this.log = parts.log;
  }

  /** The operator's settings and the defaults, typed by config.yaml. */
  config(): Promise<ConfigValues<S>> {
    // Juju itself checks values against config.yaml, from which the type comes.
    return this.#once('config', () => unit.configGet(this.#tools)) as Promise<ConfigValues<S>>;
  }

  isLeader(): Promise<boolean> {
    return this.#once('leader', () => unit.isLeader(this.#tools));
  }

  /** How many units the application is going to have, the leaving ones not counted. */
  plannedUnits(): Promise<number> {
    return this.#once('planned', async () => {
      const { units } = await unit.goalState(this.#tools);
      return Object.entries(units).filter(
        ([name, goal]) => name.startsWith(`${this.app}/`) && goal.status !== 'dying',
      ).length;
    });
  }

  network(binding: BindingName<S>): Promise<unit.Network> {
    return this.#once(`network ${binding}`, () => unit.networkGet(this.#tools, binding));
  }

  /** The endpoint's relations, by id. One that is just breaking is not among them: its data must not look alive. */
  relations<E extends EndpointName<S>>(endpoint: E): Promise<readonly Relation<SchemaOf<R, E>>[]> {
    return this.#once(`relations ${endpoint}`, async () => {
      const ids = await this.#relationIds(endpoint);
      const found = await Promise.all(ids.map((id) => this.#relation(endpoint, id)));
      // The schema table's entry for this endpoint is what `SchemaOf` names.
      return found.filter((relation) => relation !== undefined) as Relation<SchemaOf<R, E>>[];
    }) as Promise<readonly Relation<SchemaOf<R, E>>[]>;
  }

  /** The only relation of an endpoint, or none. @throws NotAllowedError when there are several. */
  async relation<E extends EndpointName<S>>(endpoint: E): Promise<Relation<SchemaOf<R, E>> | undefined> {
    const all = await this.relations(endpoint);
    if (all.length > 1) {
      throw new NotAllowedError(
        `endpoint "${endpoint}" has ${all.length} relations; use juju.relations("${endpoint}"), or give it "limit: 1" in metadata.yaml`,
      );
    }
    return all[0];
  }

  /** A workload container's Pebble. It may not be reachable yet: ask `canConnect()`. */
  container(name: ContainerName<S>): Container {
    return this.#parts.edges.pebble(name);
  }

  /** Attached instances of a storage. */
  storage(name: StorageName<S>): Promise<readonly StorageInstance[]> {
    return this.#once(`storage ${name}`, async () => {
      const ids = await unit.storageList(this.#tools, name);
      return Promise.all(ids.map(async (id) => ({ id, ...(await unit.storageGet(this.#tools, id)) })));
    });
  }

  /** Asks Juju for more instances of a storage. */
  requestStorage(name: StorageName<S>, count = 1): Promise<void> {
    return unit.storageAdd(this.#tools, name, count);
  }

  /** Path of a file resource on the charm's disk. */
  resource(name: ResourceName<S>): Promise<string> {
    return this.#once(`resource ${name}`, () => unit.resourceGet(this.#tools, name));
  }

  /** Opens exactly these ports and closes any other: 9009, or `53/udp`. */
  async setPorts(ports: readonly (number | `${number}/${'tcp' | 'udp'}`)[]): Promise<void> {
    const wanted = [...new Set(ports.map((port) => (typeof port === 'number' ? `${port}/tcp` : port)))];
    const key = 'charmwright.ports';
    const record = wanted.toSorted().join(' ');
    if (this.#parts.ledger.trusted && this.#parts.memory.get(key) === record) return;
    const opened = await unit.openedPorts(this.#tools);
    for (const port of opened.filter((p) => !wanted.some((w) => w === p)))
      await unit.closePort(this.#tools, port);
    for (const port of wanted.filter((p) => !opened.includes(p))) await unit.openPort(this.#tools, port);
    this.#parts.memory.set(key, record);
  }

  /** Shown by `juju status` as the application's version. Sent when it differs from what was sent before. */
  async setWorkloadVersion(version: string): Promise<void> {
    const key = 'charmwright.version';
    if (this.#parts.memory.get(key) === version) return;
    await unit.applicationVersionSet(this.#tools, version);
    this.#parts.memory.set(key, version);
  }

  /** Adds to the statuses of which the worst is shown when the dispatch ends. */
  addStatus(...statuses: readonly Status[]): void {
    this.#unitStatuses.push(...statuses);
  }

  /** The same for the application; only the leader's count. */
  addAppStatus(...statuses: readonly Status[]): void {
    this.#appStatuses.push(...statuses);
  }

  /** Shown at once, while a handler works on: `maintenance("flushing")`. */
  async showStatus(status: Status): Promise<void> {
    await unit.statusSet(this.#tools, 'unit', status.name, status.message);
  }

  /** A value this unit keeps over dispatches and pod restarts, or undefined when it has none of that shape. */
  stored<T>(key: string, schema: z.ZodType<T>): T | undefined {
    const text = this.#parts.memory.get(`stored.${key}`);
    if (text === undefined) return undefined;
    const result = schema.safeParse(parseJson(text));
    if (!result.success)
      this.log.warn(`stored value "${key}" has another shape than expected: taken as absent`);
    return result.success ? result.data : undefined;
  }

  /** Kept only if this dispatch succeeds. `undefined` forgets it. At most 64 KiB of JSON. */
  store(key: string, value: unknown): void {
    this.#parts.memory.set(`stored.${key}`, value === undefined ? undefined : JSON.stringify(value));
  }

  /**
   * Runs the handler of this event again, before the next event. The same event is queued only once.
   * A reconcile seldom needs it: it runs at every event anyway.
   */
  defer(event: JujuEvent<S>): void {
    if (!isDeferrable(event)) {
      throw new NotAllowedError(
        `cannot defer "${event.kind}": Juju does not wait for it, so it must be handled now`,
      );
    }
    this.#deferred.push(event);
  }

  /** For the framework: what the handlers left behind. */
  outcome(): Outcome<S> {
    return { deferred: this.#deferred, unitStatuses: this.#unitStatuses, appStatuses: this.#appStatuses };
  }

  /** For the framework: writes the databags that changed. */
  async flush(): Promise<void> {
    for (const [, relation] of [...this.#relations].toSorted(([a], [b]) => a - b)) await relation.flush();
  }

  get #tools(): ToolRunner {
    return this.#parts.edges.tools;
  }

  /** Each question is asked once in a dispatch, and answers are shared. */
  #once<T>(key: string, ask: () => Promise<T>): Promise<T> {
    const known = this.#answers.get(key);
    // The key determines the type of the answer, as each key has one caller.
    if (known !== undefined) return known as Promise<T>;
    const answer = ask();
    this.#answers.set(key, answer);
    return answer;
  }

  async #relationIds(endpoint: EndpointName<S>): Promise<readonly number[]> {
    const { ledger } = this.#parts;
    if (ledger.trusts(endpoint)) return ledger.known(endpoint).map(({ id }) => id);
    const breaking = this.event.kind === 'relation-broken' ? this.event.relationId : undefined;
    const ids = (await relationIds(this.#tools, endpoint)).filter((id) => id !== breaking);
    return ledger.confirm(endpoint, ids);
  }

  /** Undefined when Juju has dropped it since it was listed. */
  async #relation(endpoint: EndpointName<S>, id: number): Promise<Relation | undefined> {
    const known = this.#relations.get(id);
    if (known !== undefined) return known;
    const app = await this.#remoteApp(endpoint, id);
    if (app === undefined) return undefined;
    this.#parts.ledger.remember({ endpoint, id, app });
    const context: RelationContext = {
      tools: this.#tools,
      ledger: this.#parts.ledger,
      unit: this.unit,
      app: this.app,
      isLeader: () => this.isLeader(),
    };
    const relation = new Relation(context, endpoint, id, app, this.#parts.schemas[endpoint] ?? {});
    this.#relations.set(id, relation);
    return relation;
  }

  async #remoteApp(endpoint: EndpointName<S>, id: number): Promise<string | undefined> {
    if (this.#parts.spec.endpoints[endpoint]?.role === 'peer') return this.app;
    const known = this.#parts.ledger.app(id);
    if (known !== undefined) return known;
    try {
      return await relationApp(this.#tools, { endpoint, id });
    } catch (error) {
      if (error instanceof RelationNotFoundError) return undefined;
      throw error;
    }
  }
}

const NOT_DEFERRABLE: ReadonlySet<string> = new Set([
  'action',
  'stop',
  'remove',
  'secret-rotate',
  'secret-expired',
]);

export function isDeferrable(event: JujuEvent): boolean {
  return !NOT_DEFERRABLE.has(event.kind);
}
