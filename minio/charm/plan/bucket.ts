/** Which bucket names are taken: S3's rules, without the names that MinIO keeps for itself. */

const SHAPE = /^[a-z0-9](?:[a-z0-9.-]{1,61})[a-z0-9]$/;
const IPV4 = /^\d+\.\d+\.\d+\.\d+$/;
const RESERVED: ReadonlySet<string> = new Set(['minio']);

/** @returns why the name is refused, or undefined when it is a good one. */
export function bucketProblem(name: string): string | undefined {
  if (!SHAPE.test(name)) {
    return 'must be 3 to 63 lower-case letters, digits, hyphens and dots, with a letter or a digit at both ends';
  }
  if (/\.[.-]|-\./.test(name)) return 'must not have two dots together, or a dot beside a hyphen';
  if (IPV4.test(name)) return 'must not look like an IP address';
  if (name.startsWith('xn--') || name.endsWith('-s3alias'))
    return 'must not start with xn-- or end in -s3alias';
  if (RESERVED.has(name)) return 'is a name that MinIO keeps for itself';
  return undefined;
}

/** Text of others as a status shows it: quoted, no control characters, not long. */
export function shown(text: string): string {
  const short = text.length > 40 ? `${text.slice(0, 40)}…` : text;
  return JSON.stringify(short);
}
