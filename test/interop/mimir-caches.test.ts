/** Mimir's caches on Debian's memcached, which dies under its queries and comes back. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { expectWhole, writeBatch } from '../support/batch.ts';
import { memcached } from '../support/debian.ts';
import { startMemcached } from '../support/memcached-server.ts';
import { IMPATIENT, startMimir } from '../support/mimir-server.ts';

const MINUTE = 60_000;
const HOST = '127.78.90.7';

let program: string;
beforeAll(async () => {
  const installed = await memcached();
  if (installed.kind === 'absent') throw new Error(installed.why);
  program = installed.path;
});

const matrix = z.object({ data: z.object({ result: z.array(z.object({ values: z.array(z.unknown()) })) }) });

/** What memcached has counted. */
async function counted(port: number, word: 'cmd_set' | 'get_hits'): Promise<number> {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8');
  socket.write('stats\r\nquit\r\n');
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  await once(socket, 'end');
  return Number(new RegExp(`STAT ${word} (\\d+)`).exec(text)?.[1]);
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 60_000; !(await isSo()); await sleep(200))
    if (Date.now() > deadline) throw new Error(`not so after a minute: ${what}`);
}

test('queries are answered as before when the cache has gone, and cached again when it is back', async () => {
  const first = await startMemcached(program);
  const { port } = first;
  await using mimir = await startMimir(HOST, { neighbours: { caches: [`127.0.0.1:${port}`] } }, IMPATIENT);
  // Older than what is never kept, because it may still change, and a multiple of the step, as Grafana asks.
  const end = Math.floor(Date.now() / MINUTE - 20) * MINUTE;
  const batch = await writeBatch(mimir.url, 'cached', { end, stepMs: 1000 });
  await expectWhole(mimir.url, batch);

  const range = new URLSearchParams({
    query: 'sum(cached)',
    start: `${end / 1000 - 190}`,
    end: `${end / 1000}`,
    step: '10',
  });
  const answer = async () => {
    const response = await fetch(`${mimir.url}/prometheus/api/v1/query_range?${range}`);
    expect(response.status).toBe(200);
    return matrix.parse(await response.json()).data.result;
  };
  const wanted = await answer();
  expect(wanted[0]?.values.length).toBeGreaterThan(10);
  await until('the answer is kept', async () => (await counted(port, 'cmd_set')) > 0);
  await until('the answer is found there', async () => {
    await answer();
    return (await counted(port, 'get_hits')) > 0;
  });

  const asking = (async () => {
    for (let n = 0; n < 30; n++) expect(await answer()).toEqual(wanted);
  })();
  process.kill(first.pid, 'SIGKILL');
  await asking;
  await first.stop();
  for (let n = 0; n < 10; n++) expect(await answer()).toEqual(wanted);

  await using _second = await startMemcached(program, { port });
  await until('answers are kept again', async () => {
    expect(await answer()).toEqual(wanted);
    return (await counted(port, 'cmd_set')) > 0;
  });
}, 300_000);

test('Mimir starts and serves while nobody answers at the address of its cache', async () => {
  await using mimir = await startMimir(HOST, { neighbours: { caches: ['127.78.90.8:11211'] } }, IMPATIENT);
  await expectWhole(mimir.url, await writeBatch(mimir.url, 'uncached', { end: Date.now() - MINUTE }));
}, 300_000);
