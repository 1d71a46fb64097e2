import { assertNever, type JujuEvent, matchEvent } from 'charmwright';
import { describe, expect, test } from 'vitest';

describe('matchEvent', () => {
  const about = (event: JujuEvent) =>
    matchEvent(event, {
      'relation-broken': ({ endpoint }) => `${endpoint} is gone`,
      'pebble-ready': ({ container }) => `${container} is up`,
      otherwise: ({ kind }) => kind,
    });

  test("runs the function of the event's kind, with the event", () => {
    expect(about({ kind: 'pebble-ready', container: 'web' })).toBe('web is up');
    expect(about({ kind: 'relation-broken', endpoint: 'db', relationId: 4, remoteApp: 'pg' })).toBe(
      'db is gone',
    );
  });

  test('runs the one for the others when there is none of the kind', () => {
    expect(about({ kind: 'install' })).toBe('install');
    expect(about({ kind: 'unknown', hook: 'toString' })).toBe('unknown');
  });

  test('does not take for a case what every object has', () => {
    const odd = { kind: 'constructor' } as const;
    expect(matchEvent<{ kind: string }, string>(odd, { otherwise: () => 'other' })).toBe('other');
  });

  test('of a case that the types forbid says which one', () => {
    const event: { readonly kind: 'a' | 'b' } = { kind: 'b' };
    // A caller without types, or an older one.
    const cases = { a: () => 'a' } as unknown as { a: () => string; b: () => string };
    expect(() => matchEvent(event, cases)).toThrow('cannot match event "b": there is no case for it');
  });
});

test('assertNever says what came after all', () => {
  expect(() => assertNever({ kind: 'new' } as never)).toThrow(/\{"kind":"new"\}/);
});
