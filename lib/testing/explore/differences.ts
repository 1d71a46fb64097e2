/** Where two worlds differ, one line for each place. */

const LONGEST = 160;
const MOST = 12;

/**
 * `containers.web.files["/etc/web.json"]: {"port":80} or {"port":81}`.
 * Contents of secrets are not shown: that they differ is.
 */
export function differences(one: unknown, other: unknown): readonly string[] {
  const found = [...walk('', one, other)];
  if (found.length <= MOST) return found;
  return [...found.slice(0, MOST), `and in ${found.length - MOST} more places`];
}

function* walk(path: string, one: unknown, other: unknown): Generator<string> {
  if (Object.is(one, other)) return;
  if (isTree(one) && isTree(other) && Array.isArray(one) === Array.isArray(other)) {
    for (const key of [...new Set([...Object.keys(one), ...Object.keys(other)])])
      yield* walk(step(path, key, Array.isArray(one)), one[key], other[key]);
    return;
  }
  if (JSON.stringify(one) === JSON.stringify(other)) return;
  if (/^secrets\b.*\bcontent\b/.test(path)) yield `${path}: differs`;
  else yield `${path || 'all'}: ${shown(one, other)} or ${shown(other, one)}`;
}

function isTree(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function step(path: string, key: string, isList: boolean): string {
  if (isList) return `${path}[${key}]`;
  if (!/^[A-Za-z][\w-]*$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === '' ? key : `${path}.${key}`;
}

/** Long text from a little before the place where it begins to differ. */
function shown(value: unknown, other: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  if (text.length <= LONGEST) return text;
  const against = JSON.stringify(other) ?? '';
  let same = 0;
  while (same < text.length && text[same] === against[same]) same += 1;
  const from = Math.max(0, same - 30);
  return `${from === 0 ? '' : '…'}${text.slice(from, from + LONGEST)}…`;
}
