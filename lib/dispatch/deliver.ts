/**
 * Events on their way to their observers: the charm's parts in order, then the charm itself.
 *
 * Equal to ops, in what an author can see: each observer gets an event object of its own, made from what was kept; a
 * deferred event is kept for the observer that deferred it and in its old place; and an observer that has the very
 * same event in the queue is not called with a new one, since it has just been called with the old one.
 */
import { CHARM_OBSERVER, type Charm, type Members } from '../charm.ts';
import { CustomEventError, NotAllowedError } from '../errors.ts';
import { type CharmEvent, type CustomEvents, type EventSchemas, hookName } from '../events/event.ts';
import type { Log } from '../log.ts';
import type { Breakpoints } from '../model/breakpoints.ts';
import { type EndpointSchemas, isDeferrable, type Juju } from '../model/juju.ts';
import { stableJson } from '../model/relation.ts';
import type { CharmSpec } from '../spec/spec.ts';
import { customData, customSnapshot } from './custom-event.ts';
import type { DeferredQueue, Notice } from './deferred.ts';

/** An observer's handlers by name, once the types have done their work. */
type Table = Readonly<Record<string, ((juju: AnyJuju, event: CharmEvent) => unknown) | undefined>>;
type AnyJuju = Juju<CharmSpec, EndpointSchemas<CharmSpec>, CustomEvents>;

export interface Observer {
  readonly name: string;
  readonly members: Members<CharmSpec, EndpointSchemas<CharmSpec>, CustomEvents>;
}

/** Parts first, in their order, then the charm. */
export function observersOf<S extends CharmSpec, R extends EndpointSchemas<S>, C extends CustomEvents>(
  charm: Charm<S, R, C>,
): readonly Observer[] {
  const parts = (charm.parts ?? []).map((part) => ({ name: part.name, members: part }));
  // The charm's own names are among all names; its handlers only ever get what their names say.
  const own = charm as unknown as Observer['members'];
  return [...parts, { name: CHARM_OBSERVER, members: own }];
}

/** One handler at work. */
interface Delivery {
  readonly notice: Notice;
  readonly isAgain: boolean;
  isDeferred: boolean;
}

/** A handler that is called, for who watches a dispatch: `isDeferred` is known when it has come to its end. */
export interface Delivered {
  /** A part's name, or `charm`. */
  readonly observer: string;
  readonly event: CharmEvent;
  /** It was deferred by an earlier dispatch. */
  readonly isAgain: boolean;
  readonly isDeferred: boolean;
}

export interface DeliveriesParts {
  readonly observers: readonly Observer[];
  /** Of the charm and of its parts. */
  readonly events: EventSchemas;
  readonly queue: DeferredQueue;
  readonly breakpoints: Breakpoints;
  readonly log: Log;
  readonly delivering?: ((delivered: Delivered) => void) | undefined;
}

export class Deliveries {
  readonly #observers: readonly Observer[];
  readonly #events: EventSchemas;
  readonly #queue: DeferredQueue;
  readonly #breakpoints: Breakpoints;
  readonly #log: Log;
  readonly #delivering: DeliveriesParts['delivering'];
  /** By the event object that a handler was given. */
  readonly #byEvent = new WeakMap<object, Delivery>();
  readonly #running = new Set<Delivery>();
  #juju: AnyJuju | undefined;

  constructor({ observers, events, queue, breakpoints, log, delivering }: DeliveriesParts) {
    this.#delivering = delivering;
    this.#observers = observers;
    this.#events = events;
    this.#queue = queue;
    this.#breakpoints = breakpoints;
    this.#log = log;
  }

  /** What handlers are given. Set once, before anything is delivered: it and this need each other. */
  set juju(juju: AnyJuju) {
    this.#juju = juju;
  }

  /** The deferred events, oldest first; those that are not deferred again leave the queue. */
  async again(): Promise<void> {
    for (const notice of this.#queue.notices) {
      const observer = this.#observers.find(({ name }) => name === notice.observer);
      const event = observer === undefined ? undefined : this.#restored(notice.event);
      const delivery: Delivery = { notice, isAgain: true, isDeferred: false };
      if (observer !== undefined && event !== undefined) await this.#deliver(observer, event, delivery);
      if (!delivery.isDeferred) this.#queue.remove(notice);
    }
  }

  /** A new event, to every observer that has a handler for it. */
  async emit(event: CharmEvent): Promise<void> {
    for (const observer of this.#observers) {
      if (handlerOf(observer, event) === undefined) continue;
      const notice: Notice = { observer: observer.name, event };
      if (this.#queue.has(notice)) {
        this.#log.info(
          `${hookName(event)} is in the queue of ${observer.name} already: it is not queued again`,
        );
        continue;
      }
      const delivery: Delivery = { notice, isAgain: false, isDeferred: false };
      // Queued before it is handled: what a handler emits and defers comes after it.
      this.#queue.add(notice);
      const restored = this.#restored(event);
      if (restored !== undefined) await this.#deliver(observer, restored, delivery);
      if (!delivery.isDeferred) this.#queue.remove(notice);
    }
  }

  /** Whether anybody has a handler for it. */
  isHandled(event: CharmEvent): boolean {
    return this.#observers.some((observer) => handlerOf(observer, event) !== undefined);
  }

  /** One of the charm's own events, handled before this returns. */
  async emitCustom(name: string, data: unknown): Promise<void> {
    const schema = this.#events[name];
    if (schema === undefined) {
      throw new CustomEventError(name, 'the charm defines no such event; add it to "events" in defineCharm');
    }
    await this.emit({ kind: 'custom', name, data: customSnapshot(name, schema, data) });
  }

  /** Keeps an event for later: for the handler that was given this very object, else for all that handle it. */
  defer(event: CharmEvent): void {
    if (!isDeferrable(event)) {
      throw new NotAllowedError(
        `cannot defer "${event.kind === 'action' ? 'action' : hookName(event)}": Juju does not wait for it, so it must be handled now`,
      );
    }
    const delivery = this.#byEvent.get(event) ?? this.#runningWith(event);
    if (delivery !== undefined) delivery.isDeferred = true;
    else this.#deferForAll(event);
  }

  #deferForAll(event: CharmEvent): void {
    for (const observer of this.#observers) {
      const notice: Notice = { observer: observer.name, event };
      if (handlerOf(observer, event) !== undefined && !this.#queue.has(notice)) this.#queue.add(notice);
    }
  }

  /** A copy of the event that a handler was given. */
  #runningWith(event: CharmEvent): Delivery | undefined {
    const text = stableJson(event);
    return [...this.#running].findLast(({ notice }) => stableJson(notice.event) === text);
  }

  async #deliver(observer: Observer, event: CharmEvent, delivery: Delivery): Promise<void> {
    if (this.#juju === undefined) throw new TypeError('events are delivered after the model is there');
    const handler = handlerOf(observer, event);
    if (handler === undefined) return;
    this.#byEvent.set(event, delivery);
    this.#running.add(delivery);
    this.#delivering?.({
      observer: observer.name,
      event,
      isAgain: delivery.isAgain,
      get isDeferred() {
        return delivery.isDeferred;
      },
    });
    if (event.kind !== 'custom') await this.#breakpoints.beforeHandler();
    try {
      await handler(this.#juju, event);
    } finally {
      this.#running.delete(delivery);
    }
  }

  /** An object of its own for one handler. Undefined for a custom event that this charm does not define any more. */
  #restored(event: CharmEvent): CharmEvent | undefined {
    if (event.kind !== 'custom') return structuredClone(event);
    const data = customData(event, this.#events[event.name]);
    if (data.ok) return { ...event, data: data.value };
    this.#log.warn(`deferred event "${event.name}" is dropped: ${data.problem}`);
    return undefined;
  }
}

function handlerOf({ members }: Observer, event: CharmEvent): Table[string] {
  const handlers = ((event.kind === 'custom' ? members.onEmitted : members.on) ?? {}) as Table;
  const name = hookName(event);
  return Object.hasOwn(handlers, name) ? handlers[name] : undefined;
}
