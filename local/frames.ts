/**
 * Frames on an upgraded connection, for `exec` and `ssh`: one byte of kind, four bytes of length (big endian), the
 * payload. The client sends stdin, `stdin-end` and resize; the daemon sends stdout, stderr and one exit at the end.
 */
import type { Duplex } from 'node:stream';

export const FRAME_KINDS = ['stdin', 'stdin-end', 'resize', 'stdout', 'stderr', 'exit', 'signal'] as const;
export type FrameKind = (typeof FRAME_KINDS)[number];

export interface Frame {
  readonly kind: FrameKind;
  readonly payload: Buffer;
}

const HEADER = 5;

export function encodeFrame(kind: FrameKind, payload: Buffer | string = ''): Buffer {
  const body = typeof payload === 'string' ? Buffer.from(payload) : payload;
  const header = Buffer.alloc(HEADER);
  header.writeUInt8(FRAME_KINDS.indexOf(kind), 0);
  header.writeUInt32BE(body.length, 1);
  return Buffer.concat([header, body]);
}

/** Frames in the order they come; ends when the connection does. Throws on a kind it does not know. */
export async function* readFrames(connection: Duplex): AsyncGenerator<Frame> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of connection) {
    rest = Buffer.concat([rest, Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk))]);
    while (rest.length >= HEADER) {
      const kind = FRAME_KINDS[rest.readUInt8(0)];
      const length = rest.readUInt32BE(1);
      if (kind === undefined) throw new Error(`cannot read a frame of kind ${rest.readUInt8(0)}`);
      if (rest.length < HEADER + length) break;
      yield { kind, payload: rest.subarray(HEADER, HEADER + length) };
      rest = rest.subarray(HEADER + length);
    }
  }
}
