/** The OpenTelemetry Collector's own receiver on this machine, and what it received. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import * as z from 'zod';
import { peer } from '../../tools/peers.ts';

const value = z.object({
  stringValue: z.string().optional(),
  boolValue: z.boolean().optional(),
  intValue: z.union([z.string(), z.number()]).optional(),
  arrayValue: z.object({ values: z.array(z.object({ stringValue: z.string() })).default([]) }).optional(),
});

const attributes = z
  .array(z.object({ key: z.string(), value }))
  .default([])
  .transform((pairs) => Object.fromEntries(pairs.map(({ key, value }) => [key, plain(value)])));

const request = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes }),
      scopeSpans: z.array(
        z.object({
          scope: z.object({ name: z.string() }),
          spans: z.array(
            z.object({
              name: z.string(),
              traceId: z.string(),
              spanId: z.string(),
              parentSpanId: z.string().default(''),
              startTimeUnixNano: z.string(),
              endTimeUnixNano: z.string(),
              attributes,
              status: z.object({ code: z.number().optional(), message: z.string().optional() }),
              events: z.array(z.object({ name: z.string(), attributes })).default([]),
            }),
          ),
        }),
      ),
    }),
  ),
});

function plain({ stringValue, boolValue, intValue, arrayValue }: z.output<typeof value>): unknown {
  return stringValue ?? boolValue ?? intValue ?? arrayValue?.values.map(({ stringValue }) => stringValue);
}

type Request = z.output<typeof request>;
export type ReceivedSpan = Request['resourceSpans'][number]['scopeSpans'][number]['spans'][number] & {
  readonly resource: Readonly<Record<string, unknown>>;
};

/** The spans in the lines that the receiver writes, in the order of their arrival. */
export function spansIn(lines: string): readonly ReceivedSpan[] {
  return lines
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => request.parse(JSON.parse(line)).resourceSpans)
    .flatMap(({ resource, scopeSpans }) =>
      scopeSpans.flatMap(({ spans }) => spans.map((span) => ({ ...span, resource: resource.attributes }))),
    );
}

export interface ReceiverOptions {
  /** Where the lines go. */
  readonly out: string;
  /** `127.0.0.1:0` when absent. */
  readonly listen?: string;
  readonly tls?: { readonly cert: string; readonly key: string };
}

export class OtlpReceiver implements AsyncDisposable {
  /** `127.0.0.1:40107` */
  readonly address: string;
  readonly #child: ChildProcess;
  readonly #out: string;

  private constructor(child: ChildProcess, address: string, out: string) {
    this.#child = child;
    this.address = address;
    this.#out = out;
  }

  static async start({ out, listen = '127.0.0.1:0', tls }: ReceiverOptions): Promise<OtlpReceiver> {
    const secured = tls === undefined ? [] : ['--cert', tls.cert, '--key', tls.key];
    const child = spawn(await peer('otlp-receiver'), ['--listen', listen, '--out', out, ...secured], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [address] = await once(createInterface({ input: child.stdout }), 'line');
    return new OtlpReceiver(child, String(address), out);
  }

  async spans(): Promise<readonly ReceivedSpan[]> {
    return spansIn(await readFile(this.#out, 'utf8'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null) return;
    this.#child.kill();
    await once(this.#child, 'exit');
  }
}
