/** Records of optional values, as YAML has them. */

export function mapValues<A, B>(
  record: Readonly<Record<string, A>> | undefined,
  f: (value: A, key: string) => B,
): Record<string, B> {
  return Object.fromEntries(Object.entries(record ?? {}).map(([key, value]) => [key, f(value, key)]));
}

/** A record without its undefined values, which `exactOptionalPropertyTypes` wants absent. */
export type Compact<T> = {
  [K in keyof T as undefined extends T[K] ? never : K]: T[K];
} & { [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined> };

export function compact<T extends object>(value: T): Compact<T> {
  // What is left has no undefined values, which is what the type says.
  return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as Compact<T>;
}
