import { describe, expect, test } from 'vitest';
import {
  basisOf,
  keyOfNamespace,
  namespaceOf,
  recordDigest,
  rulesDue,
  UNSURE,
} from '../../../../charm/sender-rules/record.ts';

const basis = basisOf('filesystem', 'anonymous');
const sender = (id: number, digest = 'd1') => ({ id, app: 'agent', digest });
const record = (synced: Readonly<Record<string, string>>) => ({ basis, synced });

describe('a namespace', () => {
  test('tells the relation and the sender, and people have others', () => {
    expect(namespaceOf('5:agent')).toBe('receive-remote-write:5:agent');
    expect(keyOfNamespace('receive-remote-write:5:agent')).toBe('5:agent');
    for (const name of [
      'node',
      'receive-remote-write',
      'receive-remote-write:x:agent',
      'a/receive-remote-write:5:b',
    ])
      expect(keyOfNamespace(name)).toBeUndefined();
  });
});

describe('of what is recorded', () => {
  const known = record({ '5:agent': 'd1', '6:agent': 'd1' });
  const note = recordDigest(known);

  test('nothing is left to do while it is what senders say', () => {
    expect(rulesDue(known, [sender(5), sender(6)], basis, note)).toEqual({ kind: 'nothing' });
    expect(rulesDue(undefined, [], basis, undefined)).toEqual({ kind: 'nothing' });
  });

  test('only what has changed is looked at, and what nobody sends any more goes', () => {
    expect(rulesDue(known, [sender(5), sender(7)], basis, note)).toEqual({
      kind: 'some',
      changed: [sender(7)],
      gone: ['6:agent'],
    });
  });

  test('what was not finished is due again', () => {
    const unsure = record({ '5:agent': UNSURE });
    expect(rulesDue(unsure, [sender(5)], basis, recordDigest(unsure))).toMatchObject({
      changed: [sender(5)],
    });
  });

  test.each([
    ['a killed hook has left its note', known, 'unfinished', basis],
    ['a killed hook has written more than was committed', known, recordDigest(record({})), basis],
    ['there is no note, as in a new pod', known, undefined, basis],
    ['the rules are in another bucket', known, note, basisOf('s3 other', 'anonymous')],
    ['nothing was recorded, but a hook was at work', undefined, 'unfinished', basis],
  ])('nothing is believed when %s', (_when, before, said, now) => {
    expect(rulesDue(before, [sender(5), sender(6)], now, said)).toMatchObject({
      kind: 'everything',
      changed: [sender(5), sender(6)],
    });
  });

  test('what nobody sends any more goes, also when nothing is believed', () => {
    expect(rulesDue(known, [sender(5)], basis, undefined)).toMatchObject({
      kind: 'everything',
      gone: ['6:agent'],
    });
  });

  test('the order makes no difference', () => {
    expect(recordDigest(record({ '6:agent': 'd1', '5:agent': 'd1' }))).toBe(note);
  });
});
