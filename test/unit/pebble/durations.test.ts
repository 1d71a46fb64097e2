import { formatDuration, parseDuration } from 'charmwright/pebble';
import { expect, test } from 'vitest';

// ops: 212
test.each([
  ['0', 0],
  ['0s', 0],
  ['500ms', 500],
  ['1m30s', 90_000],
  ['90s', 90_000],
  ['1h2m3.5s', 3_723_500],
  ['.5s', 500],
  ['1µs', 0.001],
  ['168h0m0s', 604_800_000],
  ['-1.5s', -1_500],
])('%s is %d milliseconds', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each(['', '5', 's', '1x', '1 s', '1s ', '1,5s', '1s-1s'])('%j is no duration', (text) => {
  expect(parseDuration(text)).toBeUndefined();
});

test.each([0, 1, 250, 1_500, 90_000])('%d milliseconds survive being written and read', (ms) => {
  expect(parseDuration(formatDuration(ms))).toBe(ms);
});

// ops: 212
test('a time keeps its nanoseconds as text, and can be had as an instant without losing one', () => {
  const time = '2026-11-25T23:39:20.298350626Z';
  expect(Temporal.Instant.from(time).epochNanoseconds % 1_000n).toBe(626n);
});
