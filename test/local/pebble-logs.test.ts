/** Log forwarding: a real Pebble sends what services write to a log target, which is a server of the test's. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import * as z from 'zod';
import { type RealPebble, realPebble } from './support/real-pebble.ts';

const pushSchema = z.object({
  streams: z.array(
    z.object({
      stream: z.record(z.string(), z.string()),
      values: z.array(z.tuple([z.string(), z.string()])),
    }),
  ),
});

interface Line {
  readonly labels: Readonly<Record<string, string>>;
  readonly text: string;
}

let pebble: RealPebble | undefined;
let close: (() => void) | undefined;

afterEach(async () => {
  await pebble?.remove();
  close?.();
});

/** Takes what Loki takes. */
async function loki(lines: Line[]): Promise<string> {
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    for (const { stream, values } of pushSchema.parse(JSON.parse(body)).streams) {
      for (const [, text] of values) lines.push({ labels: stream, text });
    }
    response.writeHead(204).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  close = () => {
    server.closeAllConnections();
    server.close();
  };
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/loki/api/v1/push`;
}

// ops: 210
test('what a service writes goes to the targets that want it, with their labels and its name', async () => {
  const lines: Line[] = [];
  const location = await loki(lines);
  pebble = await realPebble();
  const say = (word: string) => `/bin/sh -c 'echo ${word} $NAME; sleep 2000'`;
  const labels = { product: 'web', owner: 'from-$NAME' };
  await pebble.client.addLayer('web', {
    services: {
      told: { override: 'replace', command: say('hello'), environment: { NAME: 'ann' } },
      untold: { override: 'replace', command: say('silence'), environment: { NAME: 'bob' } },
    },
    'log-targets': {
      loki: { override: 'replace', type: 'loki', location, services: ['all', '-untold'], labels },
    },
  });
  await pebble.client.start(['told', 'untold']);
  await expect.poll(() => lines.length, { timeout: 30_000, interval: 50 }).toBeGreaterThan(0);
  expect(lines).toEqual([
    { labels: { pebble_service: 'told', product: 'web', owner: 'from-ann' }, text: 'hello ann' },
  ]);
});
