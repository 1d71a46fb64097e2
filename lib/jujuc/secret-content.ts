/** Contents, expiry times and URIs of secrets, as their tools take them. */
import { parseDuration } from '../pebble/durations.ts';
import { lookup, parseBag } from './bag.ts';
import { misused, quote, refuse } from './refusal.ts';
import type { Bag } from './view.ts';

/** Bytes after base64, for one value and for all of them. */
const MAX_BYTES = 1_000_000;
const KEY = /^[a-z](?:-?[a-z0-9]){2,}$/;
const BASE64 = '#base64';
const FILE = '#file';

/**
 * `k=v`, `k#base64=v` and `k#file=path` arguments, and a YAML or JSON file that overrides them.
 *
 * @throws Refusal
 */
export function parseContent(
  args: readonly string[],
  file: string | undefined,
  read: (path: string) => Buffer,
): Bag {
  const values = new Map<string, Buffer>();
  for (const arg of args) {
    // Padding of a base64 value is not the separator.
    const at = arg.replace(/=+$/, '').indexOf('=');
    if (at < 1) misused(`key value ${quote(arg)} not valid`);
    const [key, value] = [arg.slice(0, at), arg.slice(at + 1)];
    if (key.endsWith(FILE)) values.set(key.slice(0, -FILE.length), readLimited(value, read));
    else values.set(...decoded(key, value));
  }
  if (file !== undefined && file !== '') {
    const fromFile = parseBag(readLimited(file, read).toString('utf8'));
    for (const [key, value] of Object.entries(fromFile)) values.set(...decoded(key, value));
  }
  return checkedContent(values);
}

function readLimited(path: string, read: (path: string) => Buffer): Buffer {
  const bytes = read(path);
  if (bytes.length > MAX_BYTES)
    misused(`secret content in file ${quote(path)} too large: ${bytes.length} bytes`);
  return bytes;
}

function decoded(key: string, value: string): [string, Buffer] {
  if (!key.endsWith(BASE64)) return [key, Buffer.from(value)];
  return [key.slice(0, -BASE64.length), Buffer.from(value, 'base64')];
}

function checkedContent(values: ReadonlyMap<string, Buffer>): Bag {
  const content = new Map<string, string>();
  let total = 0;
  for (const [key, bytes] of values) {
    if (!KEY.test(key)) misused(`key ${quote(key)} not valid`);
    const size = 4 * Math.ceil(bytes.length / 3);
    if (size > MAX_BYTES)
      misused(`base64 encoded secret content for key ${quote(key)} too large: ${size} bytes`);
    total += size;
    content.set(...asText(key, bytes));
  }
  if (total > MAX_BYTES) misused(`base64 encoded secret content too large: ${total} bytes`);
  return Object.fromEntries(content);
}

function asText(key: string, bytes: Buffer): [string, string] {
  const text = bytes.toString('utf8');
  return Buffer.from(text).equals(bytes) ? [key, text] : [`${key}${BASE64}`, bytes.toString('base64')];
}

/** The content as `secret-get` prints it whole. */
export function shownContent(content: Bag): Bag {
  return Object.fromEntries(
    Object.entries(content).map(([key, value]) =>
      key.endsWith(BASE64)
        ? [key.slice(0, -BASE64.length), Buffer.from(value, 'base64').toString('utf8')]
        : [key, value],
    ),
  );
}

/** One value: `key` as text, `key#base64` encoded. @throws Refusal (1) */
export function contentValue(content: Bag, wanted: string): string {
  const encoded = wanted.endsWith(BASE64);
  const key = encoded ? wanted.slice(0, -BASE64.length) : wanted;
  const text = lookup(content, key);
  const base64 = lookup(content, `${key}${BASE64}`);
  if (text === undefined && base64 === undefined) refuse(`secret key value ${quote(key)} not found`);
  const bytes = text === undefined ? Buffer.from(base64 ?? '', 'base64') : Buffer.from(text);
  return bytes.toString(encoded ? 'base64' : 'utf8');
}

/** A secret, and the model it is from when that is another. */
export interface SecretUri {
  readonly id: string;
  readonly modelUuid?: string;
}

/** `secret:<id>`, `secret://<model uuid>/<id>`, `<id>`. */
export function parseSecretUri(text: string): SecretUri | undefined {
  const [, modelUuid, id] = /^(?:secret:(?:\/\/([0-9a-f-]{36})\/|\/)?)?([0-9a-v]{20})$/.exec(text) ?? [];
  if (id === undefined) return undefined;
  return modelUuid === undefined ? { id } : { id, modelUuid };
}

/** RFC 3339, the same without a zone (UTC), or a duration such as `24h30m`. @throws Refusal (2) */
export function parseExpiry(text: string, now: Date): string {
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?$/.test(text)) {
    const time = new Date(/(Z|[+-]\d\d:\d\d)$/.test(text) ? text : `${text}Z`);
    if (!Number.isNaN(time.getTime())) return rfc3339(time);
  }
  const milliseconds = parseDuration(text);
  if (milliseconds === undefined) misused(`expire time or duration ${quote(text)} not valid`);
  if (milliseconds <= 0) misused(`negative expire duration ${quote(text)} not valid`);
  return rfc3339(new Date(now.getTime() + milliseconds));
}

function rfc3339(time: Date): string {
  return time.toISOString().replace('.000Z', 'Z');
}
