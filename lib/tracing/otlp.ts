/** Spans as OTLP JSON: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding */
import type { Span, SpanAttributes, SpanError, Trace } from '../model/tracer.ts';

const SCOPE = 'charmwright';
const INTERNAL = 1;
const STATUS_ERROR = 2;
/** The parent is in this process, and that is known. */
const LOCAL_PARENT = 0x100;

/** One member of a request's `resourceSpans`, as text. */
export function resourceSpans({ traceId, resource, spans }: Trace): string {
  return JSON.stringify({
    resource: { attributes: attributesOf(resource) },
    scopeSpans: [{ scope: { name: SCOPE }, spans: spans.map((span) => spanOf(traceId, span)) }],
  });
}

/** A whole request of some of these texts. */
export function tracesRequest(members: readonly string[]): string {
  return `{"resourceSpans":[${members.join(',')}]}`;
}

function spanOf(traceId: string, span: Span): object {
  const { name, spanId, parentSpanId, start, end, attributes, error } = span;
  return {
    name,
    kind: INTERNAL,
    traceId,
    spanId,
    ...(parentSpanId !== undefined && { parentSpanId }),
    flags: LOCAL_PARENT,
    startTimeUnixNano: nanoseconds(start),
    endTimeUnixNano: nanoseconds(end),
    attributes: attributesOf(attributes),
    status: error === undefined ? {} : { code: STATUS_ERROR, message: `${error.type}: ${error.message}` },
    ...(error !== undefined && { events: [exceptionOf(error)] }),
  };
}

/** As OpenTelemetry's conventions for recorded exceptions have it. */
function exceptionOf({ at, type, message, stack }: SpanError): object {
  return {
    name: 'exception',
    timeUnixNano: nanoseconds(at),
    attributes: attributesOf({
      'exception.type': type,
      'exception.message': message,
      ...(stack !== undefined && { 'exception.stacktrace': stack }),
    }),
  };
}

/** 64 bit numbers are text in OTLP JSON. A double holds today's time in microseconds exactly, not in nanoseconds. */
function nanoseconds(milliseconds: number): string {
  return `${Math.round(milliseconds * 1000)}000`;
}

function attributesOf(attributes: SpanAttributes): object[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }));
}

function anyValue(value: SpanAttributes[string]): object {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number')
    return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  return { arrayValue: { values: value.map(anyValue) } };
}
