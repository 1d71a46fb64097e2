/** What a handler holds in its hand: the unit, its relations, its containers, as Juju knows them now. */
import type { z } from 'zod';
import { safeParse } from 'zod/mini';
import { ConfigError, NotAllowedError, RelationNotFoundError, TooManyRelationsError } from '../errors.ts';
import type { CharmEvent, CustomEvents, EventInput, JujuEvent, RelationEvent } from '../events/event.ts';
import type { JujuContext } from '../events/parse.ts';
import { LONGEST_EARLY_S } from '../hook-tools/early.ts';
import { relationApp, relationIds } from '../hook-tools/relation.ts';
import type { ToolRunner } from '../hook-tools/runner.ts';
import * as unit from '../hook-tools/unit.ts';
import { parseJson } from '../json.ts';
import type { ServiceAccount } from '../kubernetes/service-account.ts';
import type { Log } from '../log.ts';
import type { Pebble } from '../pebble/pebble.ts';
import type { CharmMeta } from '../spec/meta.ts';
import type { CharmSpec } from '../spec/spec.ts';
import type {
  BindingName,
  ConfigValues,
  ContainerName,
  EndpointName,
  ResourceName,
  StorageId,
  StorageName,
} from '../spec/types.ts';
import { Aborted } from './aborted.ts';
import type { Breakpoints } from './breakpoints.ts';
import type { CharmFiles } from './charm-files.ts';
import type { Memory } from './memory.ts';
import { type EndpointSchema, Relation, type RelationContext, stableJson, toIssue } from './relation.ts';
import type { RelationLedger } from './relation-ledger.ts';
import type { RemoteData } from './remote-data.ts';
import { withSecrets } from './secret-option.ts';
import { Secrets } from './secrets.ts';
import { type Shown, statusText } from './shown.ts';
import type { Status } from './status.ts';
import type { SpanAttributes, Tracer } from './tracer.ts';

/** Schemas of the databags, for the endpoints that have them. */
export type EndpointSchemas<S extends CharmSpec> = { readonly [E in EndpointName<S>]?: EndpointSchema };

type SchemaOf<R, E extends string> = E extends keyof R
  ? R[E] extends EndpointSchema
    ? R[E]
    : EndpointSchema
  : EndpointSchema;

/** One attached instance of a storage. */
export interface StorageInstance<Id extends string = string> {
  /** `data/0` */
  readonly id: Id;
  readonly kind: 'filesystem' | 'block';
  readonly location: string;
}

/** The edges a dispatch touches; tests give simulated ones. */
export interface Edges {
  readonly tools: ToolRunner;
  readonly files: CharmFiles;
  /** There while this dispatch is traced. */
  readonly tracer?: Tracer;
  pebble(container: string): Pebble;
  readonly serviceAccount?: () => Promise<ServiceAccount | undefined>;
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
  readonly remote: RemoteData | undefined;
  readonly shown: Shown;
  readonly deliveries: EventDesk;
  readonly breakpoints: Breakpoints;
  readonly log: Log;
}

/** Where events are handed in. */
export interface EventDesk {
  emitCustom(name: string, data: unknown): Promise<void>;
  defer(event: CharmEvent): void;
}

/** A port as charms write it: 9009 is 9009/tcp. */
export type PortName = number | `${number}/${'tcp' | 'udp'}` | 'icmp';

/** Options that fit a schema, or why they do not. */
export type LoadedConfig<T> =
  | { readonly ok: true; readonly data: T }
  | { readonly ok: false; readonly error: ConfigError };

/** What the handlers of a dispatch left behind for its end. */
export interface Outcome {
  readonly unitStatuses: readonly Status[];
  readonly appStatuses: readonly Status[];
}

/** The unit as Juju knows it now. Each question is asked when it is first needed, and once in a dispatch. */
export class Juju<
  S extends CharmSpec = CharmSpec,
  R extends EndpointSchemas<S> = EndpointSchemas<S>,
  C extends CustomEvents = CustomEvents,
> {
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
  #leaderSince = Number.NEGATIVE_INFINITY;

  /** @internal */
  constructor(parts: DispatchParts<S>) {
    this.#parts = parts;
    this.event = parts.event;
    this.unit = parts.context.unit;
    this.app = parts.context.app;
    this.model = parts.context.model;
    this.jujuVersion = parts.context.jujuVersion;
    this.charmDir = parts.context.charmDir;
    this.secrets = new Secrets(parts.edges.tools, parts.context.model.uuid);
    this.log = parts.log;
  }

  /** The operator's settings and the defaults, typed by config.yaml. One of type secret is a `SecretOption`. */
  config(): Promise<ConfigValues<S>> {
    // Juju itself checks values against config.yaml, from which the type comes.
    return this.#once('config', async () =>
      withSecrets(await unit.configGet(this.#tools), this.#parts.spec, this.secrets),
    ) as Promise<ConfigValues<S>>;
  }

  /**
   * The options through a schema of the charm's own: ranges, patterns, what goes with what. Keys that the schema does
   * not have are left out; options that are not set are absent.
   *
   * @example
   * const config = await juju.loadConfig(z.object({ port: z.int().min(1).max(65535) }));
   * if (!config.ok) return juju.addStatus(blocked(config.error.message));
   */
  async loadConfig<T>(schema: z.core.$ZodType<T>): Promise<LoadedConfig<T>> {
    const result = safeParse(schema, await this.config());
    if (result.success) return { ok: true, data: result.data };
    return { ok: false, error: new ConfigError(result.error.issues.map(toIssue)) };
  }

  /**
   * Everything that the charm's YAML files say: descriptions, links, assumptions, devices. Read from the charm's folder
   * when it is first asked for; the names and types that handlers work with need no reading.
   */
  meta(): Promise<CharmMeta> {
    return this.#once('meta', async () => (await import('../spec/load.ts')).readCharmSpec(this.charmDir));
  }

  /**
   * Whether this unit leads its application. Asked for again after 25 seconds: for 30 Juju promises a leader that no
   * other unit becomes one.
   */
  isLeader(): Promise<boolean> {
    if (process.uptime() - this.#leaderSince > LEASE_S) this.#answers.delete('leader');
    return this.#once('leader', () => {
      this.#leaderSince = process.uptime();
      return unit.isLeader(this.#tools);
    });
  }

  /** How many units the application is going to have, the leaving ones not counted. */
  async plannedUnits(): Promise<number> {
    const { units } = await this.goalState();
    return Object.entries(units).filter(
      ([name, goal]) => name.startsWith(`${this.app}/`) && goal.status !== 'dying',
    ).length;
  }

  /** Units and relations as they are going to be, by Juju's goal state. @param options `fresh` asks again in the same hook. */
  goalState({ fresh = false }: { readonly fresh?: boolean } = {}): Promise<unit.GoalState> {
    if (fresh) this.#answers.delete('goal');
    return this.#once('goal', () => unit.goalState(this.#tools));
  }

  /**
   * Addresses of an endpoint or an extra binding; with a relation, those that its other side is to use.
   * A relation that is gone gives those of its endpoint.
   */
  network(binding: BindingName<S> | Relation): Promise<unit.Network> {
    if (typeof binding === 'string')
      return this.#once(`network ${binding}`, () => unit.networkGet(this.#tools, binding));
    const { endpoint, id } = binding;
    return this.#once(`network ${endpoint}:${id}`, async () => {
      try {
        return await unit.networkGet(this.#tools, endpoint, id);
      } catch (error) {
        if (!(error instanceof RelationNotFoundError)) throw error;
        return unit.networkGet(this.#tools, endpoint);
      }
    });
  }

  /**
   * How to reach the cloud's API, with a credential in it: never log it. On Kubernetes from Juju 3.6.10 on.
   * @throws PermissionError when the application was deployed without `--trust`.
   */
  cloudSpec(): Promise<unit.CloudSpec> {
    return this.#once('cloud', () => unit.credentialGet(this.#tools));
  }

  /**
   * Who this unit is to Kubernetes, for `charmwright/kubernetes`; undefined outside of it. It holds a credential. What it
   * may do there is decided by `juju trust`.
   */
  serviceAccount(): Promise<ServiceAccount | undefined> {
    return this.#once('service account', async () => this.#parts.edges.serviceAccount?.());
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

  /**
   * The only relation of an endpoint, or the one of this id, or none.
   * @throws TooManyRelationsError when there are several and no id is given.
   */
  async relation<E extends EndpointName<S>>(
    endpoint: E,
    id?: number,
  ): Promise<Relation<SchemaOf<R, E>> | undefined> {
    const all = await this.relations(endpoint);
    if (id !== undefined) return all.find((relation) => relation.id === id);
    if (all.length > 1) throw new TooManyRelationsError(endpoint, all.length);
    return all[0];
  }

  /**
   * The relation that an event is about, also one that is just breaking: that one is not `active`, and not among
   * `relations()`. Undefined when Juju has dropped it since.
   */
  async relationOf<E extends EndpointName<S>>(
    event: Pick<RelationEvent<S>, 'kind' | 'relationId' | 'remoteApp'> & { readonly endpoint: E },
  ): Promise<Relation<SchemaOf<R, E>> | undefined> {
    const { endpoint, relationId, remoteApp, kind } = event;
    const isBroken = kind === 'relation-broken';
    const relation = isBroken
      ? this.#newRelation(endpoint, relationId, remoteApp, isBroken)
      : (await this.relations(endpoint)).find(({ id }) => id === relationId);
    // As in `relations`.
    return relation as Relation<SchemaOf<R, E>> | undefined;
  }

  /** A workload container's Pebble. It may not be reachable yet: ask `canConnect()`. */
  container(name: ContainerName<S>): Container {
    return this.#parts.edges.pebble(name);
  }

  /** Attached instances of a storage. */
  storage<N extends StorageName<S>>(name: N): Promise<readonly StorageInstance<StorageId<S, N>>[]> {
    return this.#once(`storage ${name}`, async () => {
      // Juju numbers the instances of a storage after its name.
      const ids = (await unit.storageList(this.#tools, name)) as StorageId<S, N>[];
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
  async setPorts(ports: readonly PortName[]): Promise<void> {
    const wanted = [...new Set(ports.map(portText))];
    const key = 'charmwright.ports';
    const record = wanted.toSorted().join(' ');
    if (this.#parts.ledger.trusted && this.#parts.memory.get(key) === record) return;
    const opened = await unit.openedPorts(this.#tools);
    for (const port of opened.filter((p) => !wanted.some((w) => w === p)))
      await unit.closePort(this.#tools, port);
    for (const port of wanted.filter((p) => !opened.includes(p))) await unit.openPort(this.#tools, port);
    this.#parts.memory.set(key, record);
  }

  /** `9009/tcp`, of this unit: what is open now, with what was opened in this dispatch. */
  openedPorts(): Promise<readonly string[]> {
    return unit.openedPorts(this.#tools);
  }

  /** One more port. `setPorts` is nearly always better: it closes what is not wanted any more. */
  openPort(port: PortName): Promise<void> {
    return unit.openPort(this.#tools, portText(port));
  }

  /** One port less. */
  closePort(port: PortName): Promise<void> {
    return unit.closePort(this.#tools, portText(port));
  }

  /** Shown by `juju status` as the application's version. Sent when it differs from what was sent before. */
  setWorkloadVersion(version: string): Promise<void> {
    return this.#parts.shown.show('version', version, () => unit.applicationVersionSet(this.#tools, version));
  }

  /**
   * Restarts the charm's container when this hook has succeeded; with `now` at once, and Juju runs the hook again
   * after it: this does not return then, and nothing of this dispatch is stored.
   */
  async reboot(options: { readonly now?: boolean } = {}): Promise<void> {
    const now = options.now === true;
    this.log.security('WARN', 'sys_restart', this.unit, `${this.unit} asks Juju for a restart`);
    await unit.jujuReboot(this.#tools, now);
    if (now) throw new Aborted();
  }

  /**
   * Ends this dispatch now, as a success, and shows the status. Nothing is stored or published, later handlers do not
   * run, and deferred events stay in the queue: what `load_config(errors="blocked")` does in ops. In a reconcile,
   * `return juju.addStatus(…)` is nearly always better.
   */
  abort(status: Status): never {
    throw new Aborted(status);
  }

  /** Runs the handlers of one of the charm's own events, before it returns. @throws CustomEventError */
  emit<N extends keyof C & string>(name: N, data: EventInput<C[N]>): Promise<void> {
    return this.#parts.deliveries.emitCustom(name, data);
  }

  /** Stops for a debugger when `JUJU_DEBUG_AT` names it, or is `all`. */
  breakpoint(name?: string): Promise<void> {
    return this.#parts.breakpoints.at(name);
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
  showStatus(status: Status): Promise<void> {
    return this.#parts.shown.show('unit', statusText(status), () =>
      unit.statusSet(this.#tools, 'unit', status.name, status.message),
    );
  }

  /** The application's. @throws NotAllowedError when this unit is not the leader. */
  async showAppStatus(status: Status): Promise<void> {
    if (!(await this.isLeader())) {
      this.log.security('CRITICAL', 'authz_fail', 'status-set', `${this.unit} is not the leader`);
      throw new NotAllowedError(
        `cannot show a status of the application: ${this.unit} is not the leader; ask juju.isLeader() first`,
      );
    }
    await this.#parts.shown.show('app', statusText(status), () =>
      unit.statusSet(this.#tools, 'application', status.name, status.message),
    );
  }

  /** What Juju shows of this unit now. */
  unitStatus(): Promise<unit.StatusShown> {
    return unit.statusGet(this.#tools);
  }

  /** What Juju shows of the application and of all its units. @throws NotAllowedError when not the leader. */
  async appStatus(): Promise<Awaited<ReturnType<typeof unit.appStatusGet>>> {
    if (await this.isLeader()) return unit.appStatusGet(this.#tools);
    this.log.security('CRITICAL', 'authz_fail', 'status-get', `${this.unit} is not the leader`);
    throw new NotAllowedError(
      `cannot read the application's status: ${this.unit} is not the leader; ask juju.isLeader() first`,
    );
  }

  /** A value this unit keeps over dispatches and pod restarts, or undefined when it has none of that shape. */
  stored<T>(key: string, schema: z.core.$ZodType<T>): T | undefined {
    const text = this.#parts.memory.get(`stored.${key}`);
    if (text === undefined) return undefined;
    const result = safeParse(schema, parseJson(text));
    if (!result.success)
      this.log.warn(`stored value "${key}" has another shape than expected: taken as absent`);
    return result.success ? result.data : undefined;
  }

  /** Kept only if this dispatch succeeds. `undefined` forgets it. At most 64 KiB of JSON. */
  store(key: string, value: unknown): void {
    this.#parts.memory.set(`stored.${key}`, value === undefined ? undefined : stableJson(value));
  }

  /**
   * Runs the handler of this event again, before the next event. For the handler that was given this event object;
   * for all handlers of the event when it is deferred from elsewhere. The same event is queued only once.
   * A reconcile seldom needs it: it runs at every event anyway.
   * @throws NotAllowedError for an event that Juju does not wait for: an action, `stop`, `remove` and others.
   */
  defer(event: CharmEvent<S>): void {
    this.#parts.deliveries.defer(event);
  }

  /**
   * Does the work as a span of its own in this dispatch's trace, if it is traced at all (`charmwright/tracing`).
   * Whoever reads traces sees the name and the attributes: nothing secret belongs into them.
   *
   * @example
   * const plan = await juju.span('plan', () => planFor(inputs), { tenants: inputs.tenants.length });
   */
  async span<T>(name: string, work: () => T | Promise<T>, attributes: SpanAttributes = {}): Promise<T> {
    const { tracer } = this.#parts.edges;
    return tracer === undefined ? work() : tracer.span(name, attributes, work);
  }

  /** For the framework's own parts: their files in the charm's folder. */
  get files(): CharmFiles {
    return this.#parts.edges.files;
  }

  /** For the framework: what the handlers left behind. @internal */
  outcome(): Outcome {
    return { unitStatuses: this.#unitStatuses, appStatuses: this.#appStatuses };
  }

  /** For the framework: writes the databags that changed. @internal */
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
    const relation = this.#newRelation(endpoint, id, app, false);
    this.#relations.set(id, relation);
    return relation;
  }

  #newRelation(endpoint: EndpointName<S>, id: number, app: string, isBroken: boolean): Relation {
    const context: RelationContext = {
      tools: this.#tools,
      ledger: this.#parts.ledger,
      remote: this.#parts.remote,
      unit: this.unit,
      app: this.app,
      isLeader: () => this.isLeader(),
    };
    return new Relation(context, endpoint, id, app, this.#parts.schemas[endpoint] ?? {}, { isBroken });
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

/** Juju promises 30; an answer may have been asked for while this process started. */
const LEASE_S = 30 - LONGEST_EARLY_S;

const NOT_DEFERRABLE: ReadonlySet<string> = new Set([
  'action',
  'stop',
  'remove',
  'secret-rotate',
  'secret-expired',
]);

function portText(port: PortName): string {
  return typeof port === 'number' ? `${port}/tcp` : port;
}

export function isDeferrable(event: CharmEvent): boolean {
  return !NOT_DEFERRABLE.has(event.kind);
}
