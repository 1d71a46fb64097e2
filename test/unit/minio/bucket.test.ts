import { expect, test } from 'vitest';
import { bucketProblem, shown } from '../../../minio/charm/plan/bucket.ts';

test.each([
  'mimir',
  'abc',
  'relation-7',
  '1st',
  'logs.2026-01',
  'a'.repeat(63),
])('"%s" is a bucket name', (name) => {
  expect(bucketProblem(name)).toBeUndefined();
});

test.each([
  ['', /3 to 63/],
  ['ab', /3 to 63/],
  ['a'.repeat(64), /3 to 63/],
  ['Mimir', /lower-case/],
  ['with_underscore', /lower-case/],
  ['-mimir', /both ends/],
  ['mimir-', /both ends/],
  ['mimir\n', /lower-case/],
  ['*', /3 to 63/],
  ['../../etc', /lower-case/],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is MinIO that would fill this in
  ['${aws:username}', /lower-case/],
  ['a..b', /two dots/],
  ['a.-b', /dot beside/],
  ['a-.b', /dot beside/],
  ['192.168.0.1', /IP address/],
  ['xn--mimir', /xn--/],
  ['mimir-s3alias', /s3alias/],
  ['minio', /keeps for itself/],
])('%j is refused', (name, reason) => {
  expect(bucketProblem(name)).toMatch(reason);
});

test('a hostile name is shown short and without control characters', () => {
  const text = shown(`\u001b[2J${'x'.repeat(500)}\n`);
  expect(text.length).toBeLessThan(60);
  expect(text).not.toContain('\u001b');
});
