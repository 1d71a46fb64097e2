import { ApiError } from './errors.ts';
import type { PebbleRequest, Transport } from './transport.ts';
import type { BasicCredentials } from './types.ts';

export async function getMetrics(
  transport: Transport,
  credentials: BasicCredentials | undefined,
): Promise<string> {
  const request: PebbleRequest = {
    method: 'GET',
    path: '/v1/metrics',
    accept: 'text/plain',
    ...(credentials === undefined ? {} : { headers: { authorization: basicAuth(credentials) } }),
  };
  const answer = await transport.raw(request);
  if (answer.status === 200) return answer.body.toString('utf8');
  // A refusal is an envelope; an inner failure is plain text.
  if (answer.contentType.startsWith('application/json')) transport.envelope(answer, request);
  throw new ApiError(answer.status, '', answer.body.toString('utf8').trim(), 'GET /v1/metrics');
}

function basicAuth({ username, password }: BasicCredentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
