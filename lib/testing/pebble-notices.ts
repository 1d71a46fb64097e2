/** Notices of a container. Pure. */
import type { Notice, NoticesFilter, Warning } from '../pebble/types.ts';
import { TIME } from './time.ts';

/** The notices with one more, or with one counted up, and its id. */
export function recordNotice(
  notices: readonly Notice[],
  key: string,
  lastData: Readonly<Record<string, string>>,
): readonly [readonly Notice[], string] {
  const same = notices.find((notice) => notice.type === 'custom' && notice.key === key);
  if (same !== undefined) {
    const again = { ...same, occurrences: same.occurrences + 1, lastData };
    return [notices.map((notice) => (notice === same ? again : notice)), same.id];
  }
  const id = String(1 + Math.max(0, ...notices.map((notice) => Number(notice.id))));
  return [[...notices, customNotice(id, key, lastData)], id];
}

export function customNotice(id: string, key: string, lastData: Readonly<Record<string, string>>): Notice {
  return {
    id,
    userId: null,
    type: 'custom',
    key,
    firstOccurred: TIME,
    lastOccurred: TIME,
    lastRepeated: TIME,
    occurrences: 1,
    lastData,
  };
}

export function filterNotices(notices: readonly Notice[], filter: NoticesFilter): readonly Notice[] {
  const { types = [], keys = [], after } = filter;
  return notices
    .filter((notice) => types.length === 0 || types.includes(notice.type))
    .filter((notice) => keys.length === 0 || keys.includes(notice.key))
    .filter((notice) => after === undefined || notice.lastRepeated > after);
}

/** Pebble keeps its warnings as notices. */
export function warningOf({ key, firstOccurred, lastOccurred }: Notice): Warning {
  return { message: key, firstAdded: firstOccurred, lastAdded: lastOccurred };
}
