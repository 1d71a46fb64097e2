/** How a dispatch is watched. Nothing of it is there unless the charm asked for it: see `charmwright/tracing`. */
import type { Environment } from '../events/parse.ts';
import type { ToolRunner } from '../hook-tools/runner.ts';
import type { Pebble } from '../pebble/pebble.ts';
import type { CharmFiles } from './charm-files.ts';

/** Only what may be seen by everybody who reads traces: names, never values that could be secret. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/** One thing that a dispatch has done, and how long it took. */
export interface Span {
  readonly name: string;
  /** 16 hex digits. */
  readonly spanId: string;
  /** Absent in the root. */
  readonly parentSpanId?: string | undefined;
  /** Milliseconds since 1970, with fractions. */
  readonly start: number;
  readonly end: number;
  readonly attributes: SpanAttributes;
  readonly error?: SpanError | undefined;
}

/** What went wrong in a span. */
export interface SpanError {
  /** When, in milliseconds since 1970. */
  readonly at: number;
  /** The class of the error. */
  readonly type: string;
  readonly message: string;
  readonly stack?: string | undefined;
}

/** The spans of one dispatch. */
export interface Trace {
  /** 32 hex digits. */
  readonly traceId: string;
  /** Of the unit that made them. */
  readonly resource: SpanAttributes;
  readonly spans: readonly Span[];
}

/** What a dispatch touches, as far as it is watched. */
export interface TracedEdges {
  readonly tools: ToolRunner;
  pebble(container: string): Pebble;
}

/** The charm or one of its parts: what it is called, and its handlers. */
export interface TracedObserver {
  readonly name: string;
  readonly members: object;
}

/** Records one dispatch. */
export interface Tracer {
  /**
   * Does the work as a span, a child of the one it is called in. What the work throws is recorded and thrown on;
   * `failure` finds what is wrong with a result.
   */
  span<T>(
    name: string,
    attributes: SpanAttributes,
    work: () => T | Promise<T>,
    failure?: (result: T) => string | undefined,
  ): Promise<T>;
  /** The same edges, with a span for each call. */
  edges(edges: TracedEdges): TracedEdges;
  /** The same parts of a charm, with a span for each handler. */
  observers<O extends TracedObserver>(observers: readonly O[]): readonly O[];
  /** Does the work, in which events are handled that were deferred. */
  again(work: () => Promise<void>): Promise<void>;
  /** Does the work, which is an action. */
  action(name: string, work: () => Promise<void>): Promise<void>;
  /** The dispatch is over, well or with an error. Keeps its spans. Never throws. */
  end(error?: unknown): Promise<void>;
}

/** What somebody who wants to watch a dispatch is given before anything of it runs. */
export interface Watched {
  readonly env: Environment;
  readonly files: CharmFiles;
  /** Not traced themselves. */
  readonly tools: ToolRunner;
  /** Juju logs what a hook prints at the level DEBUG, and gives what an action prints to its user. */
  stdout(text: string): void;
  stderr(text: string): void;
  /** Where traces go instead of the charm's folder and a collector; for tests. */
  readonly keepTrace?: (trace: Trace) => void;
}
