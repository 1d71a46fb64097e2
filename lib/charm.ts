/** A charm, declared in one place, and the pieces it may be made of. */

import { SpecError } from './errors.ts';
import type {
  CustomEvent,
  CustomEvents,
  EventData,
  EventOf,
  EventSchemas,
  HookName,
  JujuEvent,
} from './events/event.ts';
import { isHookOf } from './events/parse.ts';
import type { ActionContext, ActionReturn } from './model/action.ts';
import type { EndpointSchemas, Juju } from './model/juju.ts';
import type { EndpointSchema } from './model/relation.ts';
import type { Status } from './model/status.ts';
import type { Tracer, Watched } from './model/tracer.ts';
import type { CharmSpec } from './spec/spec.ts';
import type { ActionName, EndpointName } from './spec/types.ts';

/** Runs for an event. What it throws fails the hook: nothing is committed, and Juju runs the hook again. */
export type Handler<
  S extends CharmSpec,
  R extends EndpointSchemas<S>,
  E,
  C extends CustomEvents = CustomEvents,
> = (juju: Juju<S, R, C>, event: E) => Promise<void> | void;

/** What a `collectStatus` may give back. */
export type Statuses = Status | readonly Status[] | undefined;

/**
 * Runs for an action, and returns its results. It throws {@link ActionFailed} to fail the action with a
 * message.
 */
export type ActionHandler<
  S extends CharmSpec,
  A extends ActionName<S>,
  R extends EndpointSchemas<S> = EndpointSchemas<S>,
  C extends CustomEvents = CustomEvents,
> = (action: ActionContext<S, A, R, C>) => Promise<ActionReturn<S, A>> | ActionReturn<S, A>;

/** Handlers by hook name. */
export type Handlers<S extends CharmSpec, R extends EndpointSchemas<S>, C extends CustomEvents> = {
  readonly [H in HookName<S>]?: Handler<S, R, EventOf<S, H>, C>;
};

/** Handlers of the charm's own events, by name. */
export type CustomHandlers<S extends CharmSpec, R extends EndpointSchemas<S>, C extends CustomEvents> = {
  readonly [N in keyof C & string]?: Handler<S, R, CustomEvent<N, EventData<C[N]>>, C>;
};

/** What a charm and each of its parts may do in a dispatch. */
export interface Members<S extends CharmSpec, R extends EndpointSchemas<S>, C extends CustomEvents> {
  /** Only what cannot wait for the reconcile, by hook name: `stop`, `s3-relation-broken`. */
  readonly on?: Handlers<S, R, C>;
  /** What to do when one of the charm's own events is emitted, by its name in `events`. */
  readonly onEmitted?: CustomHandlers<S, R, C>;
  /** Runs once in every dispatch but actions', after all handlers. The one place to make things so. */
  readonly reconcile?: Handler<S, R, JujuEvent<S>, C>;
  /**
   * Runs at the end of every dispatch, actions' too: what the unit is to show. The worst of all statuses wins.
   * As `collect_unit_status` in ops.
   */
  readonly collectStatus?: (juju: Juju<S, R, C>) => Promise<Statuses> | Statuses;
  /** The same for the application, on the leader only and before the unit's. As `collect_app_status` in ops. */
  readonly collectAppStatus?: (juju: Juju<S, R, C>) => Promise<Statuses> | Statuses;
  /** The last thing that runs before everything is committed; what it stores is kept. As `pre_commit` in ops. */
  readonly beforeCommit?: (juju: Juju<S, R, C>) => Promise<void> | void;
}

/**
 * A piece that several charms use: it knows endpoints by the names it is given, not the charm. `E` are those names,
 * so that a charm which does not declare them does not compile.
 */
export interface Part<E extends string = string, C extends CustomEvents = CustomEvents>
  extends Members<CharmSpec, EndpointSchemas<CharmSpec>, C> {
  /** Unique in the charm; deferred events remember it. */
  readonly name: string;
  /** The endpoints it uses, with the schemas it brings for them. */
  readonly endpoints?: { readonly [N in E]?: EndpointSchema };
  /** Its own events. A charm that handles them as well takes them over: `events: part.events`. */
  readonly events?: EventTable<C, string>;
  /** Asked before anything else runs: who watches this dispatch, if anybody does. See `charmwright/tracing`. */
  readonly watch?: (watched: Watched) => Tracer | Promise<Tracer> | undefined;
  /** Sends the traces that wait in the charm's folder; in a process of its own, which a dispatch leaves behind. */
  readonly sendTraces?: (folder: string) => Promise<void>;
}

/** Schemas only, and no name of a hook. */
export type EventTable<C extends CustomEvents, Hook extends string> = {
  readonly [N in keyof C]: N extends Hook ? (string extends Hook ? C[N] : never) : C[N];
};

/** What a charm may have; every part is optional. */
export interface CharmParts<
  S extends CharmSpec,
  R extends EndpointSchemas<S>,
  C extends CustomEvents = CustomEvents,
> extends Members<S, R, NoInfer<C>> {
  /** Schemas of relation data, by endpoint. */
  readonly endpoints?: R;
  /** Events of the charm's own, by name, with the schema of what they carry: `juju.emit('database-ready', { … })`. */
  readonly events?: C & EventTable<C, HookName<S>>;
  /** Reusable pieces; their handlers run before the charm's own, in this order. */
  readonly parts?: readonly Part<EndpointName<S>>[];
  /** One handler for each action in actions.yaml. */
  readonly actions?: { readonly [A in ActionName<S>]: ActionHandler<S, A, R, NoInfer<C>> };
  /**
   * Where stored values and deferred events are kept. `juju` (when absent): in Juju's charm state, which outlives the
   * pod and is part of the hook's transaction. `file`: in a file of the charm's folder, as ops does unless told
   * otherwise; it is gone with the pod, and no hook tool is called for it.
   */
  readonly memory?: 'juju' | 'file';
  /**
   * How often the data of other sides of relations is read. `remembered` (when absent): after each event of the
   * relation, and from a file of the charm's folder until the next one; Juju tells of every change with an event.
   * `fresh`: in every dispatch that asks for it, as ops does; then a change may be seen shortly before its event.
   */
  readonly remoteData?: 'remembered' | 'fresh';
}

/** A declared charm: give it to `run` on a unit, and to `context` of `charmwright/testing` in a test. */
export interface Charm<
  S extends CharmSpec = CharmSpec,
  R extends EndpointSchemas<S> = EndpointSchemas<S>,
  C extends CustomEvents = CustomEvents,
> extends CharmParts<S, R, C> {
  readonly spec: S;
}

/**
 * Declares a charm. `spec` is what `charmwright generate` wrote from the YAML files: names that are not in them
 * do not compile.
 *
 * @example
 * export const charm = defineCharm(spec, {
 *   reconcile: async (juju) => juju.addStatus(active()),
 *   actions: { greet: ({ params }) => ({ greeting: `hello ${params.name}` }) },
 * });
 * @throws SpecError when a custom event has the name of a hook, two parts have one name, or a part's endpoint is not
 * declared.
 */
export function defineCharm<
  S extends CharmSpec,
  const R extends EndpointSchemas<S>,
  const C extends CustomEvents = CustomEvents,
>(spec: S, parts: CharmParts<S, R, C>): Charm<S, R, C> {
  checkParts(spec, parts.parts ?? []);
  checkEvents(spec, eventTables(parts));
  return { spec, ...parts };
}

/** The schemas of all custom events: those of the parts, then the charm's own. */
export function eventTables<S extends CharmSpec, R extends EndpointSchemas<S>, C extends CustomEvents>(
  charm: CharmParts<S, R, C>,
): readonly EventSchemas[] {
  const tables = [...(charm.parts ?? []).map(({ events }) => events), charm.events];
  // Their types say that they hold schemas, if anything.
  return tables.filter((table) => table !== undefined) as readonly EventSchemas[];
}

/** Declares a reusable piece of charms. It only gives types to what it is given. */
export function definePart<const E extends string = never, const C extends CustomEvents = CustomEvents>(
  part: Part<E, C>,
): Part<E, C> {
  return part;
}

/** What deferred events of the charm's own handlers are remembered under. */
export const CHARM_OBSERVER = 'charm';

function fault(key: string, problem: string): SpecError {
  return new SpecError([{ file: 'defineCharm', key, problem }]);
}

function checkParts(spec: CharmSpec, parts: readonly Part[]): void {
  const names = new Set([CHARM_OBSERVER]);
  for (const { name, endpoints = {} } of parts) {
    if (names.has(name)) throw fault(`part "${name}"`, 'another part has this name; give it its own');
    names.add(name);
    const missing = Object.keys(endpoints).find((endpoint) => spec.endpoints[endpoint] === undefined);
    if (missing !== undefined)
      throw fault(`part "${name}"`, `endpoint "${missing}" is not in metadata.yaml; add it there`);
  }
}

const EVENT_NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

function checkEvents(spec: CharmSpec, tables: readonly EventSchemas[]): void {
  const seen = new Map<string, EventSchemas[string]>();
  for (const [name, schema] of tables.flatMap((events) => Object.entries(events))) {
    const place = `event "${name}"`;
    if (!EVENT_NAME.test(name))
      throw fault(place, 'a name is lower-case words with hyphens: "database-ready"');
    if (isHookOf(spec, name)) throw fault(place, 'Juju has a hook of that name; choose another');
    if (seen.has(name) && seen.get(name) !== schema) throw fault(place, 'it is defined twice');
    seen.set(name, schema);
  }
}
