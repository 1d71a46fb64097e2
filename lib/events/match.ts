/** One function for each kind of event, none forgotten. */

/** A function for each kind of a union, which gets the member of that kind. */
export type Cases<E extends { readonly kind: string }, R> = {
  readonly [K in E['kind']]: (event: OfKind<E, K>) => R;
};

/** The members of a union that can be of this kind, narrowed to it. */
export type OfKind<E extends { readonly kind: string }, K extends string> = E extends unknown
  ? K extends E['kind']
    ? E & { readonly kind: K }
    : never
  : never;

/**
 * Runs the function of the event's kind. Without `otherwise` every kind must have one: a kind that is missing does not
 * compile, also when a newer charmwright brings a new one.
 *
 * @example
 * const why = matchEvent(event, {
 *   'relation-broken': ({ endpoint }) => `${endpoint} is gone`,
 *   'pebble-ready': ({ container }) => `${container} is up`,
 *   otherwise: ({ kind }) => kind,
 * });
 */
export function matchEvent<E extends { readonly kind: string }, R>(event: E, cases: Cases<E, R>): R;
export function matchEvent<E extends { readonly kind: string }, R>(
  event: E,
  cases: Partial<Cases<E, R>> & { readonly otherwise: (event: E) => R },
): R;
export function matchEvent<E extends { readonly kind: string }, R>(
  event: E,
  cases: Partial<Cases<E, R>> & { readonly otherwise?: (event: E) => R },
): R {
  // Each function takes the member of its kind, and this one is of the event's.
  const table = cases as Readonly<Record<string, ((event: E) => R) | undefined>>;
  const found = Object.hasOwn(table, event.kind) ? table[event.kind] : table.otherwise;
  if (found === undefined) throw new TypeError(`cannot match event "${event.kind}": there is no case for it`);
  return found(event);
}
