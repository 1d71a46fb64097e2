import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseDuration } from '../../../local/cli/duration.ts';
import { clockTime, logTime, resultTime, statusTime, timeOfDay } from '../../../local/cli/format/time.ts';

const iso = '2025-11-19T22:00:05.042Z';
const zone = process.env.TZ;

beforeEach(() => {
  process.env.TZ = 'Asia/Kolkata';
});
afterEach(() => {
  if (zone === undefined) delete process.env.TZ;
  else process.env.TZ = zone;
});

test('times are in the zone of the machine, as juju writes them', () => {
  expect(statusTime(iso, false)).toBe('20 Nov 2025 03:30:05+05:30');
  expect(timeOfDay(iso, false)).toBe('03:30:05+05:30');
  expect(clockTime(iso, false)).toBe('03:30:05');
  expect(resultTime(iso, false)).toBe('2025-11-20 03:30:05 +0530');
});

test('with --utc they are in UTC', () => {
  expect(statusTime(iso, true)).toBe('2025-11-19 22:00:05Z');
  expect(timeOfDay(iso, true)).toBe('22:00:05Z');
  expect(resultTime(iso, true)).toBe('2025-11-19 22:00:05 +0000 UTC');
  expect(logTime(iso, { utc: true, date: true, ms: true })).toBe('2025-11-19 22:00:05.042');
});

test.each([
  ['5s', 5_000],
  ['1m30s', 90_000],
  ['1.5h', 5_400_000],
  ['250ms', 250],
  ['0', 0],
  ['-1s', -1_000],
  ['5', undefined],
  ['soon', undefined],
])('the duration %s is %s milliseconds', (text, milliseconds) => {
  expect(parseDuration(text)).toBe(milliseconds);
});
