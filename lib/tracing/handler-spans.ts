/** A span for each handler of a dispatch, named and described as ops does it: `config_changed: my-charm`. */
import { CHARM_OBSERVER, type Members } from '../charm.ts';
import { type CharmEvent, hookName } from '../events/event.ts';
import type { EndpointSchemas } from '../model/juju.ts';
import type { SpanAttributes, TracedObserver, Tracer } from '../model/tracer.ts';
import type { CharmSpec } from '../spec/spec.ts';

/** One of a table's or a member; what it takes is what it is given, as its caller knows. */
type AnyHandler = (...args: never[]) => unknown;
type TracedHandler = (juju: unknown, event: unknown) => unknown;
type AnyMembers = Members<CharmSpec, EndpointSchemas<CharmSpec>, object>;

/** What runs in every dispatch, by the event that ops has for it. */
const FRAMEWORK_EVENTS = {
  collectStatus: 'collect_unit_status',
  collectAppStatus: 'collect_app_status',
  beforeCommit: 'pre_commit',
} as const satisfies { readonly [M in keyof AnyMembers]?: string };

export class HandlerSpans {
  readonly #tracer: Pick<Tracer, 'span'>;
  readonly #charm: string;
  readonly #markObserved: () => void;
  #isAgain = false;
  /** Handlers at work, one inside the other: one emitted the event that the next one handles. */
  #depth = 0;

  /** @param markObserved called when something other than a reconcile handles the event of this dispatch. */
  constructor(tracer: Pick<Tracer, 'span'>, charm: string, markObserved: () => void) {
    this.#tracer = tracer;
    this.#charm = charm;
    this.#markObserved = markObserved;
  }

  observers<O extends TracedObserver>(observers: readonly O[]): readonly O[] {
    return observers.map((observer) => ({
      ...observer,
      members: this.#members(observer.name, observer.members),
    }));
  }

  /** Events that were deferred are handled in here. */
  async again(work: () => Promise<void>): Promise<void> {
    this.#isAgain = true;
    try {
      await work();
    } finally {
      this.#isAgain = false;
    }
  }

  action(action: string, work: () => Promise<void>): Promise<void> {
    this.#markObserved();
    const name = `${snake(action)}_action`;
    const attributes = {
      ...described('action', 'ActionEvent', name),
      handler: `${this.#charm}.actions.${action}`,
    };
    return this.#tracer.span(`${name}: ${this.#charm}`, attributes, work);
  }

  #members(observer: string, members: AnyMembers): AnyMembers {
    const shown = observer === CHARM_OBSERVER ? this.#charm : observer;
    const traced: Record<string, unknown> = { ...members };
    for (const table of ['on', 'onEmitted'] as const) {
      const handlers = Object.entries<AnyHandler>(members[table] ?? {});
      traced[table] = Object.fromEntries(
        handlers.map(([name, handler]) => [name, this.#handler(shown, handler)]),
      );
    }
    for (const [member, event] of Object.entries(FRAMEWORK_EVENTS)) {
      const handler = Reflect.get(members, member);
      if (typeof handler === 'function')
        traced[member] = this.#frameworkHandler(shown, member, event, handler);
    }
    if (members.reconcile !== undefined) traced.reconcile = this.#reconcile(shown, members.reconcile);
    // Each handler has been replaced by one that takes and gives the same.
    return traced as AnyMembers;
  }

  #handler(observer: string, handler: AnyHandler): TracedHandler {
    return async (juju, given) => {
      // Whoever calls a handler gives it its event.
      const event = given as CharmEvent;
      const deferred = this.#isAgain && this.#depth === 0;
      if (!deferred && event.kind !== 'custom') this.#markObserved();
      const name = snake(hookName(event));
      const attributes = {
        ...described(typeOf(event), classOf(event), name, deferred),
        handler: `${observer}.on.${hookName(event)}`,
      };
      this.#depth++;
      try {
        return await this.#tracer.span(`${name}: ${observer}`, attributes, () =>
          Reflect.apply(handler, undefined, [juju, event]),
        );
      } finally {
        this.#depth--;
      }
    };
  }

  #reconcile(observer: string, handler: AnyHandler): TracedHandler {
    return (juju, given) => {
      const event = given as CharmEvent;
      const attributes = {
        ...described(typeOf(event), classOf(event), snake(hookName(event))),
        handler: `${observer}.reconcile`,
      };
      return this.#tracer.span(`reconcile: ${observer}`, attributes, () =>
        Reflect.apply(handler, undefined, [juju, event]),
      );
    };
  }

  #frameworkHandler(
    observer: string,
    member: string,
    event: string,
    handler: AnyHandler,
  ): (...args: unknown[]) => unknown {
    const attributes = {
      ...described('framework', `${pascal(event)}Event`, event),
      handler: `${observer}.${member}`,
    };
    return (...args) =>
      this.#tracer.span(`${event}: ${observer}`, attributes, () => Reflect.apply(handler, undefined, args));
  }
}

/** ops' own attributes, in its words. */
function described(type: string, eventClass: string, name: string, deferred = false): SpanAttributes {
  return {
    deferred,
    event: `<${eventClass} ${name}>`,
    event_type: type,
    event_class: eventClass,
    event_name: name,
  };
}

function typeOf({ kind }: CharmEvent): string {
  return kind === 'custom' ? 'custom' : 'hook';
}

/** `relation-changed` -> `RelationChangedEvent`, as its class is called in ops. */
function classOf(event: CharmEvent): string {
  return `${pascal(event.kind === 'custom' ? event.name : event.kind)}Event`;
}

function snake(name: string): string {
  return name.replaceAll('-', '_');
}

function pascal(name: string): string {
  return name.replace(/(?:^|[-_])([a-z0-9])/g, (_all, first: string) => first.toUpperCase());
}
