/** Words that all refusals share. */

/** `declared are port, title` */
export function known(declared: Readonly<Record<string, unknown>>): string {
  const names = Object.keys(declared);
  return names.length === 0 ? 'none is declared' : `declared are ${names.join(', ')}`;
}

export function duplicates<T>(values: readonly T[]): T[] {
  return [...new Set(values.filter((value, index) => values.indexOf(value) !== index))];
}

/** `data` of `data/0`. */
export function storageName(id: string): string {
  return id.slice(0, id.lastIndexOf('/'));
}

export const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
export const APPLICATION = /^[a-z][a-z0-9]*(-[a-z0-9]*[a-z][a-z0-9]*)*$/;
