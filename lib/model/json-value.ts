/**
 * JSON in a databag. In a file of its own: it is the only one that every charm can reach which makes a schema of zod's
 * large half, and a bundle keeps that half out of the way only when no other needs it.
 */
import * as z from 'zod';
import { stableJson } from './relation.ts';

/** A databag value that is JSON text: decodes to `schema`'s value, encodes with sorted keys. */
export function json<T extends z.ZodType>(schema: T) {
  return z.codec(z.string(), schema, {
    decode: (text, context) => {
      try {
        return JSON.parse(text);
      } catch {
        context.issues.push({ code: 'custom', input: text, message: 'is not JSON' });
        return z.NEVER;
      }
    },
    encode: (value) => stableJson(value),
  });
}
