/** Prometheus remote write 1.0: protobuf in snappy, as every sender of metrics speaks it to Mimir. */
import protobuf from 'protobufjs/light.js';
import { compress } from 'snappyjs';
import { type Dispatcher, request } from 'undici';

export interface Sample {
  readonly value: number;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
}

export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly samples: readonly Sample[];
}

// Field numbers: prometheus/prompb/remote.proto and types.proto.
const root = protobuf.Root.fromJSON({
  nested: {
    WriteRequest: { fields: { timeseries: { rule: 'repeated', type: 'TimeSeries', id: 1 } } },
    TimeSeries: {
      fields: {
        labels: { rule: 'repeated', type: 'Label', id: 1 },
        samples: { rule: 'repeated', type: 'Sample', id: 2 },
      },
    },
    Label: { fields: { name: { type: 'string', id: 1 }, value: { type: 'string', id: 2 } } },
    Sample: { fields: { value: { type: 'double', id: 1 }, timestamp: { type: 'int64', id: 2 } } },
  },
});
const WriteRequest = root.lookupType('WriteRequest');

/** Labels go sorted by name, as the protocol demands. */
export function encodeWriteRequest(series: readonly Series[]): Uint8Array {
  const timeseries = series.map(({ labels, samples }) => ({
    labels: Object.entries(labels)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => ({ name, value })),
    samples,
  }));
  return compress(WriteRequest.encode(WriteRequest.create({ timeseries })).finish());
}

/** @throws Error with Mimir's own words when it does not accept every sample. */
export async function remoteWrite(
  url: string,
  series: readonly Series[],
  headers: Readonly<Record<string, string>> = {},
  dispatcher?: Dispatcher,
): Promise<void> {
  const { statusCode, body } = await request(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-protobuf',
      'content-encoding': 'snappy',
      'x-prometheus-remote-write-version': '0.1.0',
      ...headers,
    },
    body: encodeWriteRequest(series),
    headersTimeout: 20_000,
    bodyTimeout: 20_000,
    ...(dispatcher !== undefined && { dispatcher }),
  });
  const text = await body.text();
  if (statusCode !== 200) throw new Error(`remote write to ${url} answered ${statusCode}: ${text.trim()}`);
}
