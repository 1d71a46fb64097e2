/**
 * A remote-write request that is encoded and compressed once, and sent many times: only values and timestamps are put in
 * anew. What sends a load on the machine of its receiver must cost next to nothing itself.
 */

/** Sorted by name, as the protocol demands. */
export type Labels = readonly (readonly [name: string, value: string])[];

/** Timestamps from 2^35 to 2^42 milliseconds, 1971 to 2109, are so many bytes as a varint. */
const TIMESTAMP_BYTES = 6;
/** A double, the tag of the timestamp, the timestamp. */
const TAIL_BYTES = 8 + 1 + TIMESTAMP_BYTES;
const TIMESTAMP_TAG = 0x10;
/** Of a sample in a series, its length, and the tag of its value. */
const SAMPLE_HEAD = [0x12, 1 + TAIL_BYTES, 0x09];
/** Snappy's longest copy. */
const LONGEST_COPY = 64;
/** A copy is three bytes. */
const WORTH_COPYING = 4;

export class PreparedWrite {
  readonly series: number;
  readonly #bytes: Buffer;
  /** Where each sample's tail is in the compressed bytes. */
  readonly #places: readonly number[];
  #stamped = 0;

  /** One sample for each series in each request. */
  constructor(series: readonly Labels[]) {
    this.series = series.length;
    const encoder = new Encoder();
    for (const labels of series) encoder.add(recordOf(labels));
    ({ bytes: this.#bytes, places: this.#places } = encoder.finish());
  }

  /** The body with this value, times each series' number, now. It is overwritten by the next call. */
  stamp(now: number, value: number): Buffer {
    // No two samples of a series at the same time.
    this.#stamped = Math.max(now, this.#stamped + 1);
    const tail = Buffer.alloc(TAIL_BYTES);
    tail[8] = TIMESTAMP_TAG;
    varint(this.#stamped).forEach((byte, i) => {
      tail[9 + i] = byte;
    });
    this.#places.forEach((place, i) => {
      tail.writeDoubleLE(value * (i + 1), 0);
      tail.copy(this.#bytes, place);
    });
    return this.#bytes;
  }
}

/** A TimeSeries message within a WriteRequest, up to its sample's value. */
function recordOf(labels: Labels): Buffer {
  const encoded = labels.map(([name, value]) => {
    const [key, text] = [Buffer.from(name), Buffer.from(value)];
    const label = Buffer.concat([field(0x0a, key), field(0x12, text)]);
    return field(0x0a, label);
  });
  const head = Buffer.concat([...encoded, Buffer.from(SAMPLE_HEAD)]);
  return Buffer.concat([Buffer.from([0x0a, ...varint(head.length + TAIL_BYTES)]), head]);
}

function field(tag: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([tag, ...varint(content.length)]), content]);
}

function varint(value: number): readonly number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  return [...bytes, rest];
}

/** Snappy's block format: each record is told by how it differs from the one before. */
class Encoder {
  readonly #parts: Buffer[] = [];
  readonly #places: number[] = [];
  #length = 0;
  #uncompressed = 0;
  #before: Buffer | undefined;

  add(record: Buffer): void {
    const before = this.#before?.length === record.length ? this.#before : undefined;
    for (const { from, to, same } of runs(before, record)) {
      if (same) this.#copy(record.length + TAIL_BYTES, to - from);
      else this.#literal(record.subarray(from, to));
    }
    this.#places.push(this.#literal(Buffer.alloc(TAIL_BYTES)));
    this.#uncompressed += record.length + TAIL_BYTES;
    this.#before = record;
  }

  finish(): { readonly bytes: Buffer; readonly places: readonly number[] } {
    const preamble = Buffer.from(varint(this.#uncompressed));
    return {
      bytes: Buffer.concat([preamble, ...this.#parts]),
      places: this.#places.map((place) => preamble.length + place),
    };
  }

  /** @returns where its bytes begin. */
  #literal(bytes: Buffer): number {
    const last = bytes.length - 1;
    const head = last < 60 ? [last << 2] : last < 256 ? [60 << 2, last] : [61 << 2, last & 255, last >> 8];
    this.#push(Buffer.from(head));
    const place = this.#length;
    this.#push(bytes);
    return place;
  }

  #copy(offset: number, length: number): void {
    for (let left = length; left > 0; left -= LONGEST_COPY) {
      const piece = Math.min(left, LONGEST_COPY);
      this.#push(Buffer.from([((piece - 1) << 2) | 2, offset & 255, offset >> 8]));
    }
  }

  #push(bytes: Buffer): void {
    this.#parts.push(bytes);
    this.#length += bytes.length;
  }
}

interface Run {
  readonly from: number;
  readonly to: number;
  /** As it was in the record before. */
  readonly same: boolean;
}

function runs(before: Buffer | undefined, record: Buffer): readonly Run[] {
  if (before === undefined) return [{ from: 0, to: record.length, same: false }];
  const found: Run[] = [];
  let literal = 0;
  for (let at = 0; at < record.length; ) {
    let end = at;
    while (end < record.length && record[end] === before[end]) end++;
    if (end - at >= WORTH_COPYING) {
      if (literal < at) found.push({ from: literal, to: at, same: false });
      found.push({ from: at, to: end, same: true });
      literal = end;
    }
    at = Math.max(end, at + 1);
  }
  if (literal < record.length) found.push({ from: literal, to: record.length, same: false });
  return found;
}
