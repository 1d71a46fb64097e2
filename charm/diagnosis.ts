/** Why Mimir is not ready, read from what it has logged: while it looks for its bucket, its HTTP port is silent. */
import { reasonOf } from './mimir-errors.ts';

export type Diagnosis =
  /** `lasting`: somebody must act. Else the storage is away and may come back by itself. */
  | { readonly kind: 'object-storage'; readonly cause: string; readonly lasting: boolean }
  | { readonly kind: 'error'; readonly cause: string };

const FAILED = 'successfully connect to configured object storage';
const FOUND = 'Object storage config successfully checked';
/** What comes before S3's own words in each of the errors that Mimir joins with semicolons. */
const PREFIX = /^.*?unable to successfully send a request to object storage:\s*/;
const NETWORK =
  /dial tcp|connection re(?:fused|set)|timeout|deadline exceeded|no such host|unreachable|\bEOF\b/i;
/** Modules that stop because another did, and a first unit that finds no other: consequences, not causes. */
const NOISE = /depends on module|context canceled|failed services|fast-join|failed to lookup IP addresses/;

/** @param lines Mimir's log in logfmt, oldest first. Undefined when nothing in it tells. */
export function diagnose(lines: readonly string[]): Diagnosis | undefined {
  const failed = lines.findLastIndex((line) => line.includes(FAILED));
  if (failed > lines.findLastIndex((line) => line.includes(FOUND))) {
    const [first = ''] = field(lines[failed] ?? '', 'err').split(';');
    const cause = reasonOf(first.replace(PREFIX, ''));
    return { kind: 'object-storage', cause, lasting: !NETWORK.test(cause) };
  }
  const error = lines.findLast((line) => line.includes('level=error') && !NOISE.test(line));
  if (error === undefined) return undefined;
  return {
    kind: 'error',
    cause: reasonOf(`${field(error, 'msg')}: ${field(error, 'err')}`.split('\\n')[0] ?? ''),
  };
}

/** A volume's refusals, in the words of the operating system. */
const VOLUME =
  /read-only file system|permission denied|no space left on device|quota exceeded|input\/output error/i;

/** The cause, and what to do about it where that is known. */
export function withRemedy(cause: string): string {
  return VOLUME.test(cause) ? `${cause}; the storage "data" must be writable and have room` : cause;
}

/** `err="a \"b\""` of a logfmt line. */
function field(line: string, name: string): string {
  const [, quoted, bare] = new RegExp(`\\b${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|(\\S*))`).exec(line) ?? [];
  return (quoted?.replaceAll('\\"', '"') ?? bare ?? '').trim();
}
