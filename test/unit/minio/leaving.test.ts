/** When accounts of relations that have ended may go. */
import { expect, test } from 'vitest';
import { isAnyLeaving } from '../../../minio/charm/accounts.ts';

const goal = (status: string) => ({ status, since: '2026-01-01 00:00:00Z' });

test('not while a unit of a client is on its way out, which may have something to put into its bucket', () => {
  expect(isAnyLeaving({ relations: { s3: { app: goal('joined'), 'app/0': goal('dying') } } })).toBe(true);
});

test('when all that are there stay, or nobody is there', () => {
  expect(isAnyLeaving({ relations: { s3: { app: goal('joined'), 'app/0': goal('active') } } })).toBe(false);
  expect(isAnyLeaving({ relations: {} })).toBe(false);
});
