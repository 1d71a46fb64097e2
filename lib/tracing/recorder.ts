/** Records one dispatch as a trace. Loaded only in the dispatches of a unit that has its tracing relation. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type {
  Span,
  SpanAttributes,
  SpanError,
  Trace,
  TracedEdges,
  TracedObserver,
  Tracer,
} from '../model/tracer.ts';
import { now, processStart } from './clock.ts';
import { HandlerSpans } from './handler-spans.ts';
import { tracedPebble } from './pebble-spans.ts';
import { tracedTools } from './tool-spans.ts';

/** What a recorder leaves behind. */
export interface Recorded {
  readonly trace: Trace;
  /** Whether a handler of its own saw the event, or the dispatch failed: such traces are kept longest. */
  readonly matters: boolean;
}

/** A dispatch that asks a thousand times is not described better by a thousand spans more. */
const MOST_SPANS = 2000;
/** Characters of an error's message, and of its stack. */
const LONGEST_TEXT = 4000;

export class Recorder implements Tracer {
  readonly traceId = hex(32);
  readonly #rootId = hex(16);
  readonly #resource: SpanAttributes;
  readonly #keep: (recorded: Recorded) => Promise<void> | void;
  readonly #spans: Span[] = [];
  readonly #current = new AsyncLocalStorage<string>();
  readonly #rootAttributes: SpanAttributes;
  readonly #handlers: HandlerSpans;
  #isObserved = false;
  #dropped = 0;

  /**
   * @param charm its name, as handlers of its own are called.
   * @param keep is given the trace when the dispatch ends; what it throws is its own affair.
   */
  constructor(
    charm: string,
    resource: SpanAttributes,
    rootAttributes: SpanAttributes,
    keep: (recorded: Recorded) => Promise<void> | void,
  ) {
    this.#resource = resource;
    this.#rootAttributes = rootAttributes;
    this.#keep = keep;
    this.#handlers = new HandlerSpans(this, charm, () => {
      this.#isObserved = true;
    });
  }

  async span<T>(
    name: string,
    attributes: SpanAttributes,
    work: () => T | Promise<T>,
    failure?: (result: T) => string | undefined,
  ): Promise<T> {
    const spanId = hex(16);
    const parentSpanId = this.#current.getStore() ?? this.#rootId;
    const start = now();
    let error: SpanError | undefined;
    try {
      const result = await this.#current.run(spanId, work);
      const message = failure?.(result);
      if (message !== undefined) error = { at: now(), type: 'Error', message };
      return result;
    } catch (thrown) {
      error = errorOf(thrown);
      throw thrown;
    } finally {
      this.#add({ name, spanId, parentSpanId, start, end: now(), attributes, error });
    }
  }

  edges(edges: TracedEdges): TracedEdges {
    const containers = new Map<string, ReturnType<TracedEdges['pebble']>>();
    return {
      tools: tracedTools(this, edges.tools),
      pebble: (container) => {
        const pebble = containers.get(container) ?? tracedPebble(this, container, edges.pebble(container));
        containers.set(container, pebble);
        return pebble;
      },
    };
  }

  observers<O extends TracedObserver>(observers: readonly O[]): readonly O[] {
    return this.#handlers.observers(observers);
  }

  again(work: () => Promise<void>): Promise<void> {
    return this.#handlers.again(work);
  }

  action(name: string, work: () => Promise<void>): Promise<void> {
    return this.#handlers.action(name, work);
  }

  async end(thrown?: unknown): Promise<void> {
    const error = thrown === undefined ? undefined : errorOf(thrown);
    const attributes = {
      ...this.#rootAttributes,
      ...(this.#dropped > 0 && { dropped_spans: this.#dropped }),
    };
    const root = {
      name: 'dispatch',
      spanId: this.#rootId,
      start: processStart,
      end: now(),
      attributes,
      error,
    };
    const trace = { traceId: this.traceId, resource: this.#resource, spans: [root, ...this.#spans] };
    await this.#keep({ trace, matters: this.#isObserved || error !== undefined });
  }

  #add(span: Span): void {
    if (this.#spans.length < MOST_SPANS) this.#spans.push(span);
    else this.#dropped++;
  }
}

function errorOf(thrown: unknown): SpanError {
  const at = now();
  if (!(thrown instanceof Error)) return { at, type: typeof thrown, message: cut(String(thrown)) };
  const { name, message, stack } = thrown;
  return { at, type: name, message: cut(message), ...(stack !== undefined && { stack: cut(stack) }) };
}

function cut(text: string): string {
  return text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text;
}

/** Ids need to differ, not to be hard to guess; loading node:crypto would cost more than all else here. */
function hex(digits: number): string {
  let text = '';
  while (text.length < digits)
    text += Math.floor(Math.random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  // All zeros is no id, and some readers drop leading zeros.
  return text.startsWith('0') ? `1${text.slice(1)}` : text;
}
