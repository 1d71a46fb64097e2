import { expect, test } from 'vitest';
import { Failures } from '../../support/failures.ts';

test('each different failure is told once, in the order of their first time', () => {
  const failures = new Failures();
  expect(failures.told()).toEqual([]);
  for (const port of [40_001, 40_002, 40_003]) failures.add(`connect ECONNREFUSED 127.0.0.1:${port}`);
  failures.add('503 nobody is there\n');
  failures.add('connect ECONNREFUSED 127.0.0.1:40004');
  expect(failures.count).toBe(5);
  expect(failures.told()).toEqual([
    expect.stringMatching(/^4 from \d+\.\d\d to \d+\.\d\d s: connect ECONNREFUSED 127\.0\.0\.1:N$/),
    expect.stringMatching(/^1 at \d+\.\d\d s: 503 nobody is there$/),
  ]);
  expect(failures.told((what) => what.startsWith('503'))).toHaveLength(1);
});
