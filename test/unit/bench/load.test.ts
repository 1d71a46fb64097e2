import { describe, expect, test } from 'vitest';
import { together } from '../../bench/load/kept.ts';
import { figuresOf, ratiosOf } from '../../bench/load/report.ts';
import { type SideName, sidesOf } from '../../bench/load/sides.ts';
import { estimate, percentile } from '../../bench/load/statistics.ts';
import { rotated, type Topology, type Turn } from '../../bench/load/turns.ts';

describe('what the load bench says of its turns', () => {
  test('a side that is as fast holds, and one that is a tenth behind does not', () => {
    const even = figuresOf(topology({ charm: [2, 2, 2], 'by hand': [2, 2, 2] }));
    expect(even.map(({ holds }) => holds)).toEqual([true, true, true]);
    const behind = figuresOf(topology({ charm: [2.2, 2.2, 2.2], 'by hand': [2, 2, 2] }));
    expect(behind.map(({ measured, holds }) => [measured.slice(0, 24), holds])).toEqual([
      ['0.91 times (0.91 – 0.91)', false],
      ['1.10 times (1.10 – 1.10)', false],
      ['1.10 times (1.10 – 1.10)', false],
    ]);
  });

  test('what met both sides at one time makes no difference between them', () => {
    const [throughput] = figuresOf(topology({ charm: [1, 2, 4], 'by hand': [1, 2, 4] }));
    expect(throughput?.measured).toMatch(/^1\.00 times \(1\.00 – 1\.00\)/);
  });

  test('a good run of one of those by hand counts half', () => {
    const [throughput] = figuresOf(
      topology({ charm: [2, 2, 2], 'by hand': [1, 1, 2], 'by hand again': [3, 3, 2] }),
    );
    expect(throughput?.measured).toMatch(/^1\.00 times/);
  });

  test('times that differ leave wide bounds', () => {
    const [throughput] = figuresOf(topology({ charm: [1, 4, 1, 4], 'by hand': [4, 1, 4, 1] }));
    const [, low, high] = /\((.*) – (.*)\)/.exec(throughput?.measured ?? '') ?? [];
    expect(Number(low)).toBeLessThan(0.5);
    expect(Number(high)).toBeGreaterThan(2);
  });

  test('the side that is the same by hand is compared, too, and nothing is promised of it', () => {
    const both = topology({ 'by hand': [2, 2], 'by hand again': [3, 3] });
    expect(figuresOf(both)).toEqual([]);
    expect(ratiosOf([both])).toContain('1.50 times (1.50 – 1.50)');
  });

  test('minutes in which everything is slow do not say alone what p99 is', () => {
    const [, pushes] = figuresOf(
      topology({ charm: [1, 1, 1, 1, 1, 1, 1, 12], 'by hand': [1, 1, 1, 1, 1, 1, 1, 10] }),
    );
    expect(pushes?.measured).toMatch(/^1\.02 times/);
  });

  test('each side is deployed as often in each place as any other', () => {
    const orders = [0, 1, 2].map((deployment) => rotated(['a', 'b', 'c'], deployment).join(''));
    expect(orders).toEqual(['abc', 'bca', 'cab']);
  });

  test('deployments in different orders count as one, by the names of the sides', () => {
    const first = topology({ charm: [1], 'by hand': [2] });
    const second = topology({ charm: [3], 'by hand': [4] });
    const reversed = { ...second, sides: second.sides.toReversed() };
    expect(together([first, reversed])).toEqual([topology({ charm: [1, 3], 'by hand': [2, 4] })]);
  });

  test('an unknown side is refused with those that there are', () => {
    expect(sidesOf('charm; by hand')).toEqual(['charm', 'by hand']);
    expect(() => sidesOf('by hand')).toThrow(/must be: charm/);
    expect(() => sidesOf('by foot')).toThrow(/"by foot" is none of: charm; by hand;/);
  });
});

describe('an estimate', () => {
  test('is of all rounds, and its bounds are of draws of them', () => {
    const values = [1, 2, 3, 4, 5, 6, 7, 8, 9];
    const { value, low, high } = estimate(values.length, (drawn) =>
      percentile(
        drawn.map((round) => values[round] ?? Number.NaN),
        0.5,
      ),
    );
    expect(value).toBe(5);
    expect(low).toBeLessThan(5);
    expect(high).toBeGreaterThan(5);
  });
});

/** @param seconds that each turn of a stretch took for the same work, which is how long its requests took, too. */
function topology(seconds: Readonly<Partial<Record<SideName, readonly number[]>>>): Topology {
  const sides = (['charm', 'by hand', 'by hand again'] as const).flatMap((name) => {
    const turns = seconds[name]?.flatMap((each) => Array.from({ length: 10 }, () => turnOf(each)));
    return turns === undefined ? [] : [{ name, turns }];
  });
  return {
    units: 1,
    series: 1,
    pushSeconds: 1,
    pacedSeconds: 1,
    pushesPerSecond: 1,
    queriesPerSecond: 1,
    hours: 0,
    sides,
  };
}

function turnOf(seconds: number): Turn {
  const times = [seconds * 1000];
  const result = { seconds, samples: 1e6, retried: 0, pushes: times, queries: times, failures: [] };
  const usage = { cpuSeconds: seconds, waitedSeconds: seconds };
  return { push: result, pushUsage: usage, mixed: result, mixedUsage: usage, residentBytes: 1 };
}
