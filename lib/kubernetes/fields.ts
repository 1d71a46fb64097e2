/**
 * Who decides which fields of an object, as its `metadata.managedFields` tell it. Paths are written as the API server
 * writes them in a conflict, so that both can be compared.
 */
import * as z from 'zod/mini';

/** What an object says about those who write to it. */
export const managedShape = z.object({
  metadata: z.object({
    managedFields: z.optional(
      z.array(
        z.object({
          manager: z.optional(z.string()),
          operation: z.optional(z.string()),
          subresource: z.optional(z.string()),
          fieldsV1: z.optional(z.unknown()),
        }),
      ),
    ),
  }),
});

/** An object with what it says of its fields. */
export type Managed = z.infer<typeof managedShape>;

/** The fields that `manager` has applied and still decides, sorted. */
export function appliedFields({ metadata }: Managed, manager: string): readonly string[] {
  const own = (metadata.managedFields ?? []).filter(
    (entry) => entry.manager === manager && entry.operation === 'Apply' && (entry.subresource ?? '') === '',
  );
  return own.flatMap(({ fieldsV1 }) => paths(fieldsV1, '')).toSorted();
}

const tree = z.record(z.string(), z.unknown());

function paths(node: unknown, path: string): string[] {
  const entries = Object.entries(tree.safeParse(node).data ?? {});
  if (entries.length === 0) return path === '' ? [] : [path];
  return entries.flatMap(([key, inner]) => (key === '.' ? [path] : paths(inner, `${path}${step(key)}`)));
}

/** `f:spec` is a field, `k:{"name":"web"}` an item by its keys, `v:"x"` one by its value, `i:0` one by its place. */
function step(key: string): string {
  const [kind, text] = [key.slice(0, 2), key.slice(2)];
  switch (kind) {
    case 'f:':
      return `.${text}`;
    case 'k:':
      return `[${keysOf(text)}]`;
    case 'v:':
      return `[=${text}]`;
    default:
      return `[${text}]`;
  }
}

/** `{"port":80,"protocol":"TCP"}` -> `port=80,protocol="TCP"` */
function keysOf(text: string): string {
  return Object.entries(tree.safeParse(parsed(text)).data ?? {})
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(',');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
