import * as z from 'zod/mini';
import { formatDuration, parseDuration } from './durations.ts';
import type { Transport } from './transport.ts';
import type { Notice, NoticesFilter, NotifyOptions } from './types.ts';

const noticeSchema = z.lazy(() =>
  z.pipe(
    z.object({
      id: z.string(),
      'user-id': z.nullish(z.number()),
      type: z.string(),
      key: z.string(),
      'first-occurred': z.string(),
      'last-occurred': z.string(),
      'last-repeated': z.string(),
      occurrences: z.number(),
      'last-data': z.nullish(z.record(z.string(), z.string())),
      'repeat-after': z.exactOptional(z.string()),
      'expire-after': z.exactOptional(z.string()),
    }),
    z.transform((notice) => {
      const repeatAfterMs = parseDuration(notice['repeat-after'] ?? '');
      const expireAfterMs = parseDuration(notice['expire-after'] ?? '');
      return {
        id: notice.id,
        userId: notice['user-id'] ?? null,
        type: notice.type,
        key: notice.key,
        firstOccurred: notice['first-occurred'],
        lastOccurred: notice['last-occurred'],
        lastRepeated: notice['last-repeated'],
        occurrences: notice.occurrences,
        lastData: notice['last-data'] ?? {},
        ...(repeatAfterMs === undefined ? {} : { repeatAfterMs }),
        ...(expireAfterMs === undefined ? {} : { expireAfterMs }),
      };
    }),
  ),
);

export async function notify(transport: Transport, key: string, options: NotifyOptions): Promise<string> {
  const { id } = await transport.sync(z.object({ id: z.string() }), {
    method: 'POST',
    path: '/v1/notices',
    json: {
      action: 'add',
      type: 'custom',
      key,
      data: options.data,
      'repeat-after': options.repeatAfterMs === undefined ? undefined : formatDuration(options.repeatAfterMs),
    },
  });
  return id;
}

export function getNotice(transport: Transport, id: string): Promise<Notice> {
  return transport.sync(noticeSchema, { method: 'GET', path: `/v1/notices/${encodeURIComponent(id)}` });
}

export async function getNotices(transport: Transport, filter: NoticesFilter): Promise<readonly Notice[]> {
  const notices = await transport.sync(z.nullish(z.array(noticeSchema)), {
    method: 'GET',
    path: '/v1/notices',
    query: {
      users: filter.allUsers ? 'all' : undefined,
      'user-id': filter.userId?.toString(),
      types: filter.types,
      keys: filter.keys,
      after: filter.after,
      timeout: filter.waitMs === undefined ? undefined : formatDuration(filter.waitMs),
    },
    extraTimeoutMs: filter.waitMs ?? 0,
  });
  return notices ?? [];
}
