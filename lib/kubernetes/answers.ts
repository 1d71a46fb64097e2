/** What an answer of the API server that is none of its objects means. */
import * as z from 'zod/mini';
import { parseJson } from '../json.ts';
import {
  type Doing,
  type FieldConflict,
  KubernetesConflictError,
  type KubernetesError,
  KubernetesForbiddenError,
  KubernetesInvalidError,
  KubernetesNotFoundError,
  KubernetesUnreachableError,
} from './errors.ts';
import type { ObjectName } from './objects.ts';

/** A status line must be able to hold it. */
const MOST_SAID = 300;

const cause = z.object({
  reason: z.optional(z.string()),
  message: z.optional(z.string()),
  field: z.optional(z.string()),
});
const statusShape = z.object({
  message: z.optional(z.string()),
  details: z.optional(z.object({ causes: z.optional(z.array(cause)) })),
});

/** The error that an answer stands for; its body is the API server's `Status`, or anything at all. */
export function refusalOf(doing: Doing, object: ObjectName, code: number, body: string): KubernetesError {
  const { message, details } = statusShape.safeParse(parseJson(body)).data ?? {};
  const said = oneLine(message ?? body) || `HTTP ${code}`;
  switch (code) {
    case 401:
    case 403:
      return new KubernetesForbiddenError(doing, object, said);
    case 404:
      return new KubernetesNotFoundError(doing, object, said);
    case 409: {
      const conflicts = (details?.causes ?? []).flatMap(conflictOf);
      if (conflicts.length > 0) return new KubernetesConflictError(object, conflicts);
      return new KubernetesUnreachableError(doing, object, said);
    }
    case 400:
    case 422:
      return new KubernetesInvalidError(object, said);
    default:
      return new KubernetesUnreachableError(doing, object, `HTTP ${code}: ${said}`);
  }
}

function conflictOf({ reason, message = '', field }: z.infer<typeof cause>): readonly FieldConflict[] {
  if (reason !== 'FieldManagerConflict' || field === undefined) return [];
  return [{ manager: /^conflict with "([^"]*)"/.exec(message)?.[1] ?? 'somebody', field }];
}

function oneLine(text: string): string {
  const line = text.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim();
  return line.length > MOST_SAID ? `${line.slice(0, MOST_SAID - 1)}…` : line;
}
