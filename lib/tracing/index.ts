/** charmwright/tracing: OpenTelemetry traces of a charm's dispatches. */
export type {
  Span,
  SpanAttributes,
  SpanError,
  Trace,
  TracedObserver,
  Tracer,
  Watched,
} from '../model/tracer.ts';
export { type TracingOptions, tracing } from './part.ts';
