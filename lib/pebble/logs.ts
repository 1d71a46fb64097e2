import * as z from 'zod/mini';
import { ApiError, ProtocolError } from './errors.ts';
import type { Transport } from './transport.ts';
import type { LogEntry } from './types.ts';

const entrySchema = z.lazy(() => z.object({ time: z.string(), service: z.string(), message: z.string() }));

/** Pebble sends one JSON object a line, not its usual envelope. */
export async function getLogs(
  transport: Transport,
  services: readonly string[],
  count: number,
): Promise<readonly LogEntry[]> {
  const request = {
    method: 'GET',
    path: '/v1/logs',
    query: { services, n: String(count) },
    accept: 'application/x-json-stream',
  } as const;
  const answer = await transport.raw(request);
  if (answer.status !== 200) {
    transport.envelope(answer, request);
    throw new ApiError(answer.status, '', 'no logs', 'GET /v1/logs');
  }
  const lines = answer.body.toString('utf8').split('\n');
  return lines
    .filter((line) => line !== '')
    .map((line) => transport.parse(entrySchema, readLine(line), request));
}

function readLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new ProtocolError('GET /v1/logs was answered with a line that is not JSON', { cause });
  }
}
