/** Arguments, results and errors as JSON and back. Bytes, streams and errors are objects with one telling key. */
import { Readable } from 'node:stream';
import * as errors from '../errors.ts';
import * as http from '../http.ts';
import * as pebble from '../pebble/errors.ts';

const BYTES = '$base64';
const ERROR = '$error';
const MAP = '$map';
/** What came in or went out by a stream is not kept. */
export const STREAM = { $stream: true } as const;

/** The value as JSON can hold it; undefined is left out of objects. */
export function encode(value: unknown): unknown {
  if (value instanceof Uint8Array) return { [BYTES]: Buffer.from(value).toString('base64') };
  if (value instanceof Readable) return STREAM;
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Error) return encodeError(value);
  if (value instanceof Map) return { [MAP]: [...value].map(encode) };
  if (Array.isArray(value)) return value.map((item) => encode(item) ?? null);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(
    ([, item]) => item !== undefined && typeof item !== 'function',
  );
  return Object.fromEntries(entries.map(([key, item]) => [key, encode(item)] as const));
}

export function decode(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(decode);
  if (typeof value !== 'object' || value === null) return value;
  if (BYTES in value && typeof value[BYTES] === 'string') return Buffer.from(value[BYTES], 'base64');
  if (MAP in value && Array.isArray(value[MAP])) return new Map(value[MAP].map(decodePair));
  if (ERROR in value && typeof value[ERROR] === 'string') return decodeError(value[ERROR], value);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, decode(item)] as const));
}

function decodePair(pair: unknown): [unknown, unknown] {
  return Array.isArray(pair) ? [decode(pair[0]), decode(pair[1])] : [undefined, undefined];
}

/** Its public fields; the stack belongs to the process that is gone. */
function encodeError(error: Error): object {
  const fields = Object.entries(error).filter(([key]) => key !== 'cause');
  return { [ERROR]: error.name, message: error.message, ...Object.fromEntries(fields.map(encodeField)) };
}

function encodeField([key, value]: readonly [string, unknown]) {
  return [key, encode(value)] as const;
}

/** Of the class that charms tell apart by `instanceof`, when it is one of ours. */
function decodeError(name: string, { ...fields }: object): Error {
  const known = Object.entries({ ...errors, ...http, ...pebble }).find(([each]) => each === name)?.[1];
  const prototype: unknown = typeof known === 'function' ? known.prototype : undefined;
  const error = new Error('message' in fields ? String(fields.message) : name);
  if (prototype instanceof Error) Object.setPrototypeOf(error, prototype);
  for (const [key, value] of Object.entries(fields)) {
    if (key !== ERROR && key !== 'message')
      Object.defineProperty(error, key, { value: decode(value), enumerable: true, configurable: true });
  }
  return error;
}

/** A secret's value goes by a file of a random name, which is gone when the tool is. */
export function withoutFile(arg: string): string {
  return arg.replace(/^([\w-]+#file=).*$/s, '$1…');
}
