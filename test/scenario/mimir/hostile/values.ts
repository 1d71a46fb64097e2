/** What no neighbour should ever say, made from what it should. */
import { parseJson } from 'charmwright';
import { chance } from '../../../support/shuffle.ts';

const HUGE = 'x'.repeat(100_000);

/** Texts that are wrong nearly everywhere, or would do harm where they were pasted into YAML, a URL or a command. */
const TEXTS: readonly string[] = [
  ' ',
  'null',
  'true',
  '-1',
  '7',
  '1e999',
  '{}',
  '[]',
  '[[[[]]]]',
  '"text"',
  '{"a":',
  '{"__proto__": {"polluted": true}}',
  'key: value',
  'a: &a [*a]',
  '!!js/function "function () {}"',
  '- item\n- !!binary x',
  'x"\nmultitenancy_enabled: true\ny: "',
  "x' --config.expand-env=true -target='all",
  // biome-ignore lint/suspicious/noTemplateCurlyInString: as Mimir's own -config.expand-env would read it
  '${HOME}',
  '{{ define "x" }}{{ end }}',
  '%s%n$(id)`id`',
  '\u0000',
  '\u202eevil\u2028',
  'file:///etc/passwd',
  'javascript:alert(1)',
  'http://user:the-password@example.org/',
  'http://example.org/\nHost: evil',
  'http://example.org:99999/',
  'http://[::1',
  '//example.org',
  'ftp://example.org',
  '../../../etc/passwd',
  '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
  'secret:h6c4vml77bjnv6m0gp00',
  `{"list": ${'['.repeat(5000)}${']'.repeat(5000)}}`,
  HUGE,
];

/** In the place of one value inside JSON. */
const LEAVES: readonly unknown[] = [
  null,
  true,
  -1,
  1e300,
  '',
  [],
  {},
  [null],
  { a: [1] },
  HUGE,
  'x"\n  evil: true',
  'label="a", b="\n',
  'file:///etc/passwd',
  'http://user:the-password@example.org/',
];

/** Random damages of one key's text. */
const DAMAGES = 12;

/** Every wrong text for a key whose right one is `good`. Undefined: the key is not there. The same each time. */
export function hostileTexts(good: string): readonly (string | undefined)[] {
  const json = parseJson(good);
  const inside =
    typeof json === 'object' && json !== null
      ? [...withoutOne(json), ...withOneReplaced(json)].map((value) => JSON.stringify(value))
      : [];
  return [...new Set([undefined, ...TEXTS, `${good}${good}`, ...inside, ...damaged(good)])].filter(
    (text) => text !== good,
  );
}

/** With one key or item, at any depth, left out. */
function* withoutOne(value: unknown): Generator<unknown> {
  if (typeof value !== 'object' || value === null) return;
  const list = Array.isArray(value);
  const entries = Object.entries(value);
  for (const [key] of entries)
    yield rebuilt(
      list,
      entries.filter(([other]) => other !== key),
    );
  for (const [key, inner] of entries)
    for (const changed of withoutOne(inner)) yield rebuilt(list, replaced(entries, key, changed));
}

/** With one value, at any depth, replaced. */
function* withOneReplaced(value: unknown): Generator<unknown> {
  if (typeof value !== 'object' || value === null) return;
  const list = Array.isArray(value);
  const entries = Object.entries(value);
  for (const [key, inner] of entries) {
    for (const leaf of LEAVES) yield rebuilt(list, replaced(entries, key, leaf));
    for (const changed of withOneReplaced(inner)) yield rebuilt(list, replaced(entries, key, changed));
  }
}

function replaced(entries: readonly [string, unknown][], key: string, value: unknown): [string, unknown][] {
  return entries.map(([each, inner]) => [each, each === key ? value : inner]);
}

function rebuilt(list: boolean, entries: readonly [string, unknown][]): unknown {
  return list ? entries.map(([, inner]) => inner) : Object.fromEntries(entries);
}

/** Bytes lost, doubled, swapped for others. */
function damaged(good: string): readonly string[] {
  const random = chance(good.length + 1);
  const characters = '"{}[]:,\\\n\t\u0000é';
  return Array.from({ length: good === '' ? 0 : DAMAGES }, () => {
    const at = Math.floor(random() * good.length);
    const other = characters[Math.floor(random() * characters.length)] ?? '';
    const until = at + Math.floor(random() * 8);
    return `${good.slice(0, at)}${other}${good.slice(until)}`;
  }).filter((text) => text !== '');
}
