/** Secrets as owners and consumers see them within one hook. */

import type { SecretView } from 'charmwright/juju';
import { describe, expect, test } from 'vitest';
import { hook, IDS } from './world.ts';

const [FIRST, SECOND] = IDS;
const OWNED = 'd0000000000000000001';
const GRANTED = 'd0000000000000000002';

const owned: SecretView = {
  id: OWNED,
  owner: 'application',
  label: 'admin',
  revisions: [
    { revision: 1, content: { password: 'one' } },
    { revision: 2, content: { password: 'two' } },
  ],
  tracked: 1,
  readable: true,
  grants: [{ relationId: 4 }],
};

const granted: SecretView = {
  id: GRANTED,
  owner: 'none',
  revisions: [
    { revision: 6, content: { token: 'six' } },
    { revision: 7, content: { token: 'seven' } },
  ],
  readable: true,
  grants: [],
};

const web = (changes: Parameters<typeof hook>[0] = {}) => hook({ secrets: [owned, granted], ...changes });

describe('adding', () => {
  test('a secret added in this hook can be read, granted and described before anything is committed', () => {
    const here = web();
    const uri = here
      .run('secret-add', '--label', 'tls', '--rotate=monthly', '--expire=24h', 'key=abc')
      .trim();
    expect(uri).toBe(`secret:${FIRST}`);
    here.run('secret-grant', uri, '-r', '4');
    expect(here.json('secret-get', uri)).toEqual({ key: 'abc' });
    expect(here.json('secret-get', '--label', 'tls')).toEqual({ key: 'abc' });
    expect(here.json('secret-info-get', uri)).toEqual({
      [FIRST]: {
        revision: 1,
        label: 'tls',
        owner: 'application',
        rotation: 'monthly',
        expiry: '2026-01-02T00:00:00Z',
        access: [{ target: 'application-pg', scope: 'relation-web.db#pg.database', role: 'view' }],
      },
    });
    expect(here.json('secret-ids')).toEqual([FIRST, OWNED]);
    expect(here.pending().secrets).toEqual([
      {
        id: FIRST,
        create: { owner: 'application' },
        content: { key: 'abc' },
        label: 'tls',
        rotate: 'monthly',
        expire: '2026-01-02T00:00:00Z',
        grants: [{ relationId: 4 }],
      },
    ]);
  });

  test.each([
    [[], '[2] ERROR missing secret value or filename'],
    [['ab=c'], '[2] ERROR key "ab" not valid'],
    [['a-=c'], '[2] ERROR key "a-" not valid'],
    [['plain'], '[2] ERROR key value "plain" not valid'],
    [['--rotate=often', 'key=v'], '[2] ERROR rotate policy "often" not valid'],
    [['--owner=me', 'key=v'], '[2] ERROR secret owner "me" not valid'],
    [['--expire=-1h', 'key=v'], '[2] ERROR negative expire duration "-1h" not valid'],
    [['--expire=soon', 'key=v'], '[2] ERROR expire time or duration "soon" not valid'],
    [['key#file=/no/such'], '[1] ERROR open /no/such: no such file or directory'],
    [
      [`key=${'x'.repeat(750_001)}`],
      '[2] ERROR base64 encoded secret content for key "key" too large: 1000004 bytes',
    ],
  ])('%j is refused', (args, answer) => {
    expect(web().run('secret-add', ...args)).toBe(answer);
  });

  test.each([
    ['2027-01-02T03:04:05', '2027-01-02T03:04:05Z'],
    ['2027-01-02T03:04:05+02:00', '2027-01-02T01:04:05Z'],
    ['1h30m', '2026-01-01T01:30:00Z'],
  ])('expiry %s is %s', (given, expire) => {
    const here = web();
    here.run('secret-add', `--expire=${given}`, 'key=value');
    expect(here.pending().secrets[0]?.expire).toBe(expire);
  });

  test('two secrets of one hook cannot share a label', () => {
    const here = web();
    here.run('secret-add', '--label=x', 'key=a');
    expect(here.run('secret-add', '--label=x', 'key=b')).toBe(
      '[1] ERROR secret with label "x" already exists',
    );
  });

  test('added and removed in the same hook, it never was', () => {
    const here = web();
    here.run('secret-add', 'key=a');
    here.run('secret-remove', FIRST);
    expect(here.pending().secrets).toEqual([]);
    expect(here.run('secret-get', FIRST)).toBe(`[1] ERROR secret "${FIRST}" not found`);
  });

  test('values that are not text survive', () => {
    const here = web();
    here.run('secret-add', 'raw#base64=/w==', 'text#base64=aGk=');
    expect(here.run('secret-get', FIRST, 'raw#base64')).toBe('/w==\n');
    expect(here.run('secret-get', FIRST, 'text')).toBe('hi\n');
    expect(here.run('secret-get', FIRST, 'none')).toBe('[1] ERROR secret key value "none" not found');
  });
});

describe('reading', () => {
  test('the first reading tracks the latest revision, at once', () => {
    const here = web();
    expect(here.json('secret-get', GRANTED)).toEqual({ token: 'seven' });
    expect(here.json('secret-get', `secret:${GRANTED}`, 'token')).toBe('seven');
    expect(here.effects).toEqual([{ kind: 'secret-track', id: GRANTED, revision: 7 }]);
  });

  test('a tracked revision stays until --refresh; --peek only looks', () => {
    const here = web({ secrets: [{ ...granted, tracked: 6 }] });
    expect(here.json('secret-get', GRANTED)).toEqual({ token: 'six' });
    expect(here.json('secret-get', GRANTED, '--peek')).toEqual({ token: 'seven' });
    expect(here.json('secret-get', GRANTED)).toEqual({ token: 'six' });
    expect(here.effects).toEqual([]);
    expect(here.json('secret-get', GRANTED, '--refresh')).toEqual({ token: 'seven' });
    expect(here.json('secret-get', GRANTED)).toEqual({ token: 'seven' });
    expect(here.effects).toEqual([{ kind: 'secret-track', id: GRANTED, revision: 7 }]);
  });

  test('even a first reading that only peeks begins to track', () => {
    const here = web();
    here.run('secret-get', GRANTED, '--peek');
    expect(here.effects).toEqual([{ kind: 'secret-track', id: GRANTED, revision: 7 }]);
  });

  test('an id and a label together give the secret this label', () => {
    const here = web({ secrets: [{ ...granted, tracked: 7 }] });
    here.run('secret-get', GRANTED, '--label', 'their-token');
    expect(here.json('secret-get', '--label', 'their-token')).toEqual({ token: 'seven' });
    expect(here.effects).toEqual([{ kind: 'secret-track', id: GRANTED, label: 'their-token' }]);
  });

  test('owners track too: a plain reading after an update still gives the tracked revision', () => {
    const here = web();
    here.run('secret-set', OWNED, 'password=three');
    expect(here.json('secret-get', OWNED)).toEqual({ password: 'one' });
    expect(here.json('secret-get', OWNED, '--peek')).toEqual({ password: 'three' });
    expect(here.json('secret-get', '--label=admin', '--refresh')).toEqual({ password: 'three' });
    expect(here.pending().secrets).toEqual([{ id: OWNED, content: { password: 'three' }, refresh: true }]);
  });

  test.each([
    [[], '[2] ERROR require either a secret URI or label'],
    [['secret:short'], '[2] ERROR secret URI "secret:short" not valid'],
    [[GRANTED, '--peek', '--refresh'], '[2] ERROR specify one of --peek or --refresh but not both'],
    [[SECOND], `[1] ERROR secret "${SECOND}" not found`],
    [['--label=unknown'], '[1] ERROR consumer label "unknown" not found'],
  ])('%j is refused', (args, answer) => {
    expect(web().run('secret-get', ...args)).toBe(answer);
  });

  test('without a grant the answer is permission denied', () => {
    expect(web({ secrets: [{ ...granted, readable: false }] }).run('secret-get', GRANTED)).toBe(
      '[1] ERROR permission denied',
    );
  });

  test('a secret of another model is named with its model', () => {
    const uri = `secret://8f5b2e0e-0000-4000-8000-000000000002/${GRANTED}`;
    expect(web().json('secret-get', uri)).toEqual({ token: 'seven' });
  });
});

describe('changing', () => {
  test('several sets make one change, the last content wins', () => {
    const here = web();
    here.run('secret-set', OWNED, 'password=three');
    here.run('secret-set', OWNED, '--label=root');
    here.run('secret-set', OWNED, 'password=four');
    expect(here.pending().secrets).toEqual([{ id: OWNED, label: 'root', content: { password: 'four' } }]);
  });

  test('content equal to the latest makes no revision, attributes alone change no content', () => {
    const same = web();
    same.run('secret-set', OWNED, 'password=two');
    expect(same.pending().secrets).toEqual([]);
    const described = web();
    described.run('secret-set', OWNED, '--description=d');
    expect(described.pending().secrets).toEqual([{ id: OWNED, description: 'd' }]);
  });

  test('only its owner may change it', () => {
    expect(web().run('secret-set', GRANTED, 'token=x')).toBe(`[1] ERROR secret "${GRANTED}" not found`);
    expect(web({ leader: false }).run('secret-set', OWNED, 'password=x')).toBe(
      '[1] ERROR this unit is not the leader',
    );
    expect(web().run('secret-set', 'admin', 'password=x')).toBe('[2] ERROR secret URI "admin" not valid');
  });

  test('one revision or the whole can be removed', () => {
    const here = web();
    here.run('secret-remove', OWNED, '--revision', '1');
    expect(here.pending().secrets).toEqual([{ id: OWNED, remove: { revision: 1 } }]);
    here.run('secret-remove', OWNED);
    expect(here.pending().secrets).toEqual([{ id: OWNED, remove: {} }]);
    expect(here.json('secret-ids')).toBeNull();
  });

  test('a follower manages none of its application’s secrets', () => {
    expect(web({ leader: false }).json('secret-ids')).toBeNull();
    expect(web({ leader: false }).json('secret-get', '--label=admin')).toEqual({ password: 'one' });
  });
});

describe('granting', () => {
  test('granting again is no change', () => {
    const here = web();
    expect(here.run('secret-grant', OWNED, '-r', '4')).toBe('');
    expect(here.run('secret-grant', OWNED, '-r', '4', '--unit', 'pg/2')).toBe('');
    expect(here.pending().secrets).toEqual([]);
  });

  test('a unit’s grant must go before the application’s can come', () => {
    const here = web({ secrets: [{ ...owned, grants: [] }] });
    here.run('secret-grant', OWNED, '-r', 'db:4', '--unit', 'pg/2');
    expect(here.run('secret-grant', OWNED, '-r', '4')).toMatch(
      /^\[1\] ERROR any unit level grants need to be revoked/,
    );
    here.run('secret-revoke', OWNED, '--unit', 'pg/2');
    here.run('secret-grant', OWNED, '-r', '4');
    expect(here.pending().secrets).toEqual([{ id: OWNED, grants: [{ relationId: 4 }] }]);
  });

  test.each([[['-r', '4']], [['--app', 'pg']]])('%j revokes what the application was granted', (args) => {
    const here = web();
    here.run('secret-revoke', OWNED, ...args);
    expect(here.pending().secrets).toEqual([{ id: OWNED, revokes: [{ relationId: 4 }] }]);
  });

  test.each([
    ['secret-grant', [OWNED], '[2] ERROR no relation id specified'],
    ['secret-grant', [], '[2] ERROR missing secret URI'],
    [
      'secret-grant',
      [OWNED, '-r', '4', '--unit', 'web/1'],
      '[2] ERROR cannot specify unit "web/1" in relation to application "pg"',
    ],
    ['secret-grant', [GRANTED, '-r', '4'], `[1] ERROR secret "${GRANTED}" not found`],
    ['secret-revoke', [OWNED], '[2] ERROR missing relation or application or unit'],
    [
      'secret-revoke',
      [OWNED, '--app=pg', '--unit=pg/2'],
      '[2] ERROR specify only one of application or unit',
    ],
    ['secret-info-get', [], '[2] ERROR require either a secret URI or label'],
    ['secret-info-get', [GRANTED], `[1] ERROR secret "${GRANTED}" not found`],
  ])('%s %j is refused', (tool, args, answer) => {
    expect(web().run(tool, ...args)).toBe(answer);
  });
});
