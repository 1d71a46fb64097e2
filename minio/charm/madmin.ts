/**
 * The envelope in which MinIO's admin API wants a request that carries a secret, as its own client makes it:
 *
 *     salt (32) | algorithm (1) | nonce (8) | ciphertext with a tag for each chunk
 *
 * Of the three algorithms that every server reads, this is PBKDF2 with AES-256-GCM: all of it is in node:crypto,
 * and its few rounds are enough, since the password is a root key of 40 random characters. The chunks are the DARE
 * format of sio-go; a body here never fills more than the first, which is then also the last.
 */
import { createCipheriv, pbkdf2Sync, randomBytes } from 'node:crypto';

const PBKDF2_AES_GCM = 0x02;
const ROUNDS = 8192;
const KEY_BYTES = 32;
const CHUNK_BYTES = 16 * 1024;
const LAST_CHUNK = 0x80;

/** Encrypts at most 16 KiB under root's secret key. */
export function sealForAdmin(secretKey: string, data: Uint8Array): Buffer {
  if (data.length > CHUNK_BYTES)
    throw new RangeError(`an admin request of ${data.length} bytes is longer than one chunk`);
  const salt = randomBytes(32);
  const nonce = randomBytes(8);
  const key = pbkdf2Sync(secretKey, salt, ROUNDS, KEY_BYTES, 'sha256');
  // Chunk 0 is empty and only authenticates; its tag goes into the associated data of all others.
  const first = gcm(key, chunkNonce(nonce, 0), Buffer.alloc(0), Buffer.alloc(0));
  const associated = Buffer.concat([Buffer.of(LAST_CHUNK), first]);
  return Buffer.concat([
    salt,
    Buffer.of(PBKDF2_AES_GCM),
    nonce,
    gcm(key, chunkNonce(nonce, 1), data, associated),
  ]);
}

function chunkNonce(nonce: Buffer, chunk: number): Buffer {
  const counter = Buffer.alloc(4);
  counter.writeUInt32LE(chunk);
  return Buffer.concat([nonce, counter]);
}

function gcm(key: Buffer, nonce: Buffer, data: Uint8Array, associated: Uint8Array): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(associated);
  return Buffer.concat([cipher.update(data), cipher.final(), cipher.getAuthTag()]);
}
