/** How object storage is to encrypt what Mimir puts there. */
import { parseJson, stableJson } from 'charmwright';
import * as z from 'zod/mini';
import type { RawOptions } from './inputs.ts';

/** In Mimir's and S3's own terms. */
export interface Encryption {
  readonly type: 'SSE-S3' | 'SSE-KMS';
  readonly keyId?: string;
  /** JSON of an object of texts. */
  readonly context?: string;
}

/** One option that is not as it must be. */
interface Problem {
  readonly option: keyof RawOptions;
  readonly value: string;
  readonly allowed: string;
}

const TYPES = ['none', 'SSE-S3', 'SSE-KMS'] as const;
/** Names, UUIDs, aliases and ARNs; it goes into a header. */
const KEY_ID = /^[\w:/.+=@-]{1,2048}$/;
const contextShape = z.record(z.string(), z.string());

/** What the options ask for; undefined without encryption. */
export function parseEncryption(
  raw: RawOptions,
):
  | { readonly ok: true; readonly encryption?: Encryption }
  | { readonly ok: false; readonly problems: readonly Problem[] } {
  const type = TYPES.find((each) => each === raw['s3-sse-type'].trim());
  const keyId = raw['s3-sse-kms-key-id'].trim();
  const contextText = raw['s3-sse-kms-encryption-context'].trim();
  if (type === undefined) return refused('s3-sse-type', raw['s3-sse-type'], 'none, SSE-S3 or SSE-KMS');
  if (type !== 'SSE-KMS') {
    // A key that is not used would be taken for one that is.
    const idle = `empty while s3-sse-type is ${type}`;
    if (keyId !== '') return refused('s3-sse-kms-key-id', keyId, idle);
    if (contextText !== '') return refused('s3-sse-kms-encryption-context', contextText, idle);
    return type === 'none' ? { ok: true } : { ok: true, encryption: { type } };
  }
  if (!KEY_ID.test(keyId))
    return refused('s3-sse-kms-key-id', keyId, 'the id of a key while s3-sse-type is SSE-KMS');
  if (contextText === '') return { ok: true, encryption: { type, keyId } };
  const context = contextShape.safeParse(parseJson(contextText));
  if (!context.success)
    return refused('s3-sse-kms-encryption-context', contextText, 'a JSON object of texts, or empty');
  return { ok: true, encryption: { type, keyId, context: stableJson(context.data) } };
}

function refused(
  option: Problem['option'],
  value: string,
  allowed: string,
): { readonly ok: false; readonly problems: readonly Problem[] } {
  const shown = value.replaceAll(/[\p{Cc}\s]+/gu, ' ');
  return {
    ok: false,
    problems: [{ option, value: shown.length > 40 ? `${shown.slice(0, 39)}…` : shown, allowed }],
  };
}

/** The headers of a request that puts an object. */
export function encryptionHeaders({ type, keyId, context }: Encryption): Readonly<Record<string, string>> {
  if (type === 'SSE-S3') return { 'x-amz-server-side-encryption': 'AES256' };
  return {
    'x-amz-server-side-encryption': 'aws:kms',
    'x-amz-server-side-encryption-aws-kms-key-id': keyId ?? '',
    ...(context !== undefined && {
      'x-amz-server-side-encryption-context': Buffer.from(context).toString('base64'),
    }),
  };
}

/** Mimir's settings for it. */
export function encryptionSettings({ type, keyId, context }: Encryption) {
  return {
    type,
    ...(keyId !== undefined && { kms_key_id: keyId }),
    ...(context !== undefined && { kms_encryption_context: context }),
  };
}
