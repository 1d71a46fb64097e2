/**
 * Pebble's warnings. A Pebble of the older kind keeps them by themselves, and which of them somebody has okayed. A newer
 * one (1.32 was measured) has no such API: a warning is a notice there, it ends by itself, and nothing can be okayed.
 */
import * as z from 'zod/mini';
import { parseDuration } from './durations.ts';
import { ApiError } from './errors.ts';
import { getNotices } from './notices.ts';
import type { Transport } from './transport.ts';
import type { Warning } from './types.ts';

const PATH = '/v1/warnings';

const warningsSchema = z.nullish(
  z.array(
    z.pipe(
      z.object({
        message: z.string(),
        'first-added': z.string(),
        'last-added': z.string(),
        'last-shown': z.nullish(z.string()),
        'expire-after': z.exactOptional(z.string()),
        'repeat-after': z.exactOptional(z.string()),
      }),
      z.transform((warning) => ({
        message: warning.message,
        firstAdded: warning['first-added'],
        lastAdded: warning['last-added'],
        ...(warning['last-shown'] ? { lastShown: warning['last-shown'] } : {}),
        ...durations(
          parseDuration(warning['expire-after'] ?? ''),
          parseDuration(warning['repeat-after'] ?? ''),
        ),
      })),
    ),
  ),
);

export async function getWarnings(
  transport: Transport,
  select: 'pending' | 'all',
): Promise<readonly Warning[]> {
  const own = await unlessGone(() =>
    transport.sync(warningsSchema, { method: 'GET', path: PATH, query: { select } }),
  );
  if (own !== 'gone') return own ?? [];
  const notices = await getNotices(transport, { types: ['warning'] });
  return notices.map(({ key, firstOccurred, lastOccurred, expireAfterMs, repeatAfterMs }) => ({
    message: key,
    firstAdded: firstOccurred,
    lastAdded: lastOccurred,
    ...durations(expireAfterMs, repeatAfterMs),
  }));
}

export async function okayWarnings(transport: Transport, until: string): Promise<number> {
  const json = { action: 'okay', timestamp: until };
  const okayed = await unlessGone(() => transport.sync(z.number(), { method: 'POST', path: PATH, json }));
  return okayed === 'gone' ? 0 : okayed;
}

async function unlessGone<T>(ask: () => Promise<T>): Promise<T | 'gone'> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof ApiError && error.statusCode === 404) return 'gone';
    throw error;
  }
}

function durations(expireAfterMs: number | undefined, repeatAfterMs: number | undefined) {
  return {
    ...(expireAfterMs === undefined ? {} : { expireAfterMs }),
    ...(repeatAfterMs === undefined ? {} : { repeatAfterMs }),
  };
}
