/** Somebody who writes and asks all the time, and notes each request that fails. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { Failures } from './failures.ts';
import { encodeWriteRequest } from './remote-write.ts';

export interface Traffic {
  /** Ends it. @returns each different failure once, how often it was, and when, in seconds since the first request. */
  stop(): Promise<readonly string[]>;
  /** Until so many more requests have been answered. */
  go(count: number): Promise<void>;
}

/** Several at a time write and ask, over connections that are kept, and none asks twice for one answer. */
export function traffic(url: string): Traffic {
  const dispatcher = new Agent({ connections: 8, pipelining: 1 });
  const failures = new Failures();
  let asked = 0;
  let goes = true;
  const one = async (method: 'GET' | 'POST', path: string, body?: Uint8Array) => {
    asked += 1;
    try {
      const answer = await request(`${url}${path}`, {
        method,
        dispatcher,
        ...(body !== undefined && {
          body,
          headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' },
        }),
      });
      const text = await answer.body.text();
      if (answer.statusCode !== 200) failures.add(`${method} ${path}: ${answer.statusCode} ${text}`);
    } catch (error) {
      failures.add(`${method} ${path}: ${String(error)}`);
    }
  };
  const lane = async (lane: number) => {
    for (let i = 0; goes; i++) {
      const samples = [{ value: i, timestamp: Date.now() }];
      const series = [{ labels: { __name__: 'traffic', lane: String(lane) }, samples }];
      await one('POST', '/api/v1/push', encodeWriteRequest(series));
      await one('GET', '/prometheus/api/v1/query?query=count(traffic)');
      // Connections lie idle for moments, as those of senders do.
      await sleep(i % 5);
    }
  };
  const lanes = [1, 2, 3, 4].map(lane);
  return {
    async go(count) {
      for (const end = asked + count; asked < end; ) await sleep(10);
    },
    async stop() {
      goes = false;
      await Promise.all(lanes);
      await dispatcher.destroy();
      console.log(`${asked} requests, ${failures.count} failed`);
      return failures.told();
    },
  };
}
