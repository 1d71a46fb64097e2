import { describe, expect, test } from 'vitest';
import { plan } from '../../../charm/plan/plan.ts';
import { goneBy, type Left, pods, stateOf, summary } from '../../../charm/tenant-data/left.ts';
import { TenantStorage } from '../../../charm/tenant-data/objects.ts';
import { inputs } from '../../support/mimir-inputs.ts';

const MARKED = Date.UTC(2026, 0, 31, 12, 0);
const BY = '2026-01-31T13:07:00.000Z';

function left(changes: Partial<Left> = {}): Left {
  const ingesters = [
    { id: 'mimir-k8s-0', answer: 'has none' },
    { id: 'mimir-k8s-1', answer: 'has none' },
  ] as const;
  return { objects: [], blocks: false, ingesters, isMarked: true, markedAt: MARKED, ...changes };
}

const some = [
  { id: 'mimir-k8s-0', answer: 'has some' },
  { id: 'mimir-k8s-1', answer: 'silent' },
] as const;

describe('of a tenant that is to go', () => {
  test.each([
    [
      'deleting',
      { objects: ['blocks/t/1/index', 'blocks/t/1/meta.json'], ingesters: some },
      `2 objects are left in storage; the last hours are in the ingesters of mimir-k8s-0, and no answer from mimir-k8s-1; Mimir deletes it in its next round, and what ingesters have by ${BY}`,
    ],
    [
      'in-ingesters',
      { ingesters: some },
      `storage was listed and has nothing but the mark; the last hours are in the ingesters of mimir-k8s-0, and no answer from mimir-k8s-1; queries find it until it goes: by ${BY}, or five minutes after a restart`,
    ],
    [
      'gone',
      {},
      'storage was listed and has nothing but the mark; the ingesters were asked and have nothing (2)',
    ],
    [
      'gone',
      { isMarked: false, markedAt: undefined },
      'storage was listed and has nothing; the ingesters were asked and have nothing (2)',
    ],
    [
      'there',
      { isMarked: false, markedAt: undefined, ingesters: some.slice(0, 1) },
      'storage was listed and has nothing; the last hours are in the ingesters of mimir-k8s-0; nothing is being deleted',
    ],
    [
      'in-ingesters',
      { objects: undefined, markedAt: undefined, ingesters: some.slice(0, 1) },
      'Mimir says that there are no blocks in storage, where the charm cannot look; the last hours are in the ingesters of mimir-k8s-0; queries find it until it goes: in an hour or so, or five minutes after a restart',
    ],
    [
      'deleting',
      { objects: undefined, markedAt: undefined, blocks: true },
      'Mimir says that there are blocks in storage; the ingesters were asked and have nothing (2); Mimir deletes it in its next round',
    ],
  ] as const)('%s: %o', (state, changes, text) => {
    expect(stateOf(left(changes))).toBe(state);
    expect(summary(left(changes), MARKED)).toBe(text);
  });

  test('one that does not answer may have something', () => {
    expect(pods(left({ ingesters: some }))).toEqual(['mimir-k8s-0', 'mimir-k8s-1']);
    expect(stateOf(left({ ingesters: some.slice(1) }))).toBe('in-ingesters');
  });

  test('the time by which it goes is told while there is something to wait for', () => {
    expect(goneBy(left({ ingesters: some }))).toBe(BY);
    expect(goneBy(left())).toBeUndefined();
    expect(goneBy(left({ isMarked: false, markedAt: undefined, objects: ['one'] }))).toBeUndefined();
  });

  test('what is there after that time was sent since', () => {
    expect(summary(left({ ingesters: some.slice(0, 1) }), MARKED + 68 * 60_000)).toContain(
      `it was to go by ${BY}: somebody goes on sending`,
    );
  });
});

describe('the mark in storage', () => {
  const { workload } = plan(inputs());
  const planned = workload.kind === 'run' ? workload.files : [];
  const files = Object.fromEntries(planned.map(({ path, content }) => [path, content]));
  const markedAt = (mark: string) =>
    TenantStorage.of(files, { list: async () => [], pull: async () => Buffer.from(mark) })?.markedAt(
      'team-a',
    );

  test('says since when', async () => {
    expect(await markedAt('{"deletion_time":1769860800,"finished_time":1769860860}')).toBe(MARKED);
  });

  test.each([
    '',
    '[]',
    '{}',
    '{"deletion_time":"now"}',
    '{"deletion_time":1e99}',
    '{"deletion_time":-1}',
  ])('that is none of Mimir`s says nothing: %s', async (mark) => {
    expect(await markedAt(mark)).toBeUndefined();
  });
});
