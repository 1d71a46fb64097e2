import { uncompress } from 'snappyjs';
import { expect, test } from 'vitest';
import { type Labels, PreparedWrite } from '../../support/prepared-write.ts';
import { encodeWriteRequest } from '../../support/remote-write.ts';

const NOW = Date.parse('2026-11-26T12:00:00Z');

function seriesOf(count: number): readonly Labels[] {
  return Array.from({ length: count }, (_, i) => [
    ['__name__', `requests_${'x'.repeat(i % 7 === 3 ? 300 : 80)}`],
    ['instance', `host-${i}`],
    ['path', i % 5 === 0 ? `/p/${i}` : '/p/one'],
  ]);
}

/** As the general encoder writes it, uncompressed. */
function reference(series: readonly Labels[], timestamp: number, value: number): Buffer {
  const all = series.map((labels, i) => ({
    labels: Object.fromEntries(labels),
    samples: [{ value: value * (i + 1), timestamp }],
  }));
  return Buffer.from(uncompress(Buffer.from(encodeWriteRequest(all))));
}

test('a prepared request is the one that is encoded anew, whenever it is stamped', () => {
  const series = seriesOf(1000);
  const write = new PreparedWrite(series);
  for (const [now, value] of [
    [NOW, 1],
    [NOW + 1500, 2.5],
    [NOW + 86_400_000, 1e9],
  ] as const)
    expect(Buffer.from(uncompress(write.stamp(now, value))).equals(reference(series, now, value))).toBe(true);
});

test('two requests at one time have two timestamps', () => {
  const series = seriesOf(3);
  const write = new PreparedWrite(series);
  write.stamp(NOW, 1);
  expect(Buffer.from(uncompress(write.stamp(NOW, 1))).equals(reference(series, NOW + 1, 1))).toBe(true);
});

test('series that differ in a number only are told in less than half their bytes', () => {
  const series: readonly Labels[] = Array.from({ length: 1000 }, (_, i) => [
    ['__name__', 'http_requests_total'],
    ['instance', `host-${String(i).padStart(6, '0')}`],
    ['job', 'node-exporter-of-the-model'],
  ]);
  const body = new PreparedWrite(series).stamp(NOW, 1);
  expect(body.length).toBeLessThan(uncompress(body).length / 2);
});
