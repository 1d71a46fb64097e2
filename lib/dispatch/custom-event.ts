/** What a custom event carries: kept as JSON, and given to handlers as its schema makes it. */
import type * as z from 'zod';
import { CustomEventError } from '../errors.ts';
import type { CustomEvent } from '../events/event.ts';

/**
 * The data as it is kept in the queue: what the emitter gave, checked.
 * @throws CustomEventError when the schema refuses it, or when JSON cannot hold it.
 */
export function customSnapshot(name: string, schema: z.ZodType, data: unknown): unknown {
  const result = schema.safeParse(data);
  if (!result.success) throw new CustomEventError(name, problemOf(result.error));
  const place = notJson(data, 'data');
  if (place !== undefined) {
    throw new CustomEventError(
      name,
      `${place} is no JSON value, and a deferred event is kept as JSON; give text, numbers, booleans, null, lists and plain objects`,
    );
  }
  return data === undefined ? undefined : JSON.parse(JSON.stringify(data));
}

/** The data as a handler sees it. An event that an older charm deferred may have another shape. */
export function customData(
  { data }: CustomEvent,
  schema: z.ZodType | undefined,
): { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly problem: string } {
  if (schema === undefined) return { ok: false, problem: 'this charm defines no such event' };
  const result = schema.safeParse(structuredClone(data));
  return result.success ? { ok: true, value: result.data } : { ok: false, problem: problemOf(result.error) };
}

function problemOf(error: z.core.$ZodError): string {
  return error.issues
    .map(({ path, message }) => `${['data', ...path.map(String)].join('.')}: ${message}`)
    .join('; ');
}

/** The first place that JSON would lose or change; a key whose value is undefined is as good as absent. */
function notJson(value: unknown, place: string): string | undefined {
  if (value === undefined || value === null || typeof value === 'string' || typeof value === 'boolean')
    return undefined;
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : place;
  if (typeof value !== 'object') return place;
  const isPlain = Array.isArray(value) || [Object.prototype, null].includes(Object.getPrototypeOf(value));
  if (!isPlain) return place;
  for (const [key, inner] of Object.entries(value)) {
    const found = notJson(inner, `${place}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}
