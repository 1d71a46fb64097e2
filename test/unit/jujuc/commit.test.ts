/** The commit of a hook's wishes. */

import {
  alteringChanges,
  applyBag,
  applyPorts,
  applySecretChanges,
  applySecretTrack,
  applyState,
  commitRefusal,
  type SecretView,
} from 'charmwright/juju';
import { expect, test } from 'vitest';
import { hook, view } from './world.ts';

test('an empty string deletes from a databag, but not from charm state', () => {
  expect(applyBag({ a: '1', b: '2' }, { a: '', c: '3' })).toEqual({ b: '2', c: '3' });
  expect(applyState({ a: '1', b: '2' }, { stateSet: { a: '' }, stateDelete: ['b'] })).toEqual({ a: '' });
});

test('changes that change nothing are left out', () => {
  expect(alteringChanges({ a: '1' }, { a: '1', b: '', c: '2' })).toEqual({ c: '2' });
});

test('ports are listed by protocol, then number', () => {
  expect(
    applyPorts(['80/tcp', 'icmp'], { openPorts: ['9/tcp', '100/tcp', '53/udp'], closePorts: ['80/tcp'] }),
  ).toEqual(['icmp', '9/tcp', '100/tcp', '53/udp']);
});

const secret: SecretView = {
  id: 's',
  owner: 'unit',
  revisions: [{ revision: 3, content: { key: 'a' } }],
  readable: true,
  grants: [{ relationId: 1 }, { relationId: 2, unit: 'x/0' }],
};

test('new content makes the next revision, equal content none', () => {
  const [after] = applySecretChanges([secret], [{ id: 's', content: { key: 'b' }, refresh: true }]);
  expect(after?.revisions.map(({ revision }) => revision)).toEqual([3, 4]);
  expect(after?.tracked).toBe(4);
  expect(applySecretChanges([secret], [{ id: 's', content: { key: 'a' } }])).toEqual([secret]);
});

test('a secret lives as long as one revision of it', () => {
  expect(applySecretChanges([secret], [{ id: 's', remove: { revision: 2 } }])).toEqual([secret]);
  expect(applySecretChanges([secret], [{ id: 's', remove: { revision: 3 } }])).toEqual([]);
  expect(applySecretChanges([secret], [{ id: 's', remove: {} }])).toEqual([]);
});

test('a created secret is there with its grants', () => {
  const change = {
    id: 'n',
    create: { owner: 'unit' },
    content: { key: 'v' },
    grants: [{ relationId: 1 }],
  } as const;
  expect(applySecretChanges([], [change])).toEqual([
    {
      id: 'n',
      owner: 'unit',
      revisions: [{ revision: 1, content: { key: 'v' } }],
      readable: true,
      grants: [{ relationId: 1 }],
    },
  ]);
});

test('revoking from an application leaves its units’ own grants', () => {
  const relations = [
    { id: 1, remoteApp: 'x' },
    { id: 2, remoteApp: 'x' },
  ];
  const [after] = applySecretChanges([secret], [{ id: 's', revokes: [{ app: 'x' }] }], relations);
  expect(after?.grants).toEqual([{ relationId: 2, unit: 'x/0' }]);
});

test('tracking and labels of a consumer', () => {
  const [after] = applySecretTrack([secret], { kind: 'secret-track', id: 's', revision: 3, label: 'l' });
  expect(after).toMatchObject({ tracked: 3, label: 'l' });
});

test('a label taken by another secret of the same owner is refused at the commit, as Juju does', () => {
  const before = { ...secret, label: 'taken' };
  const adding = hook({ secrets: [before] });
  adding.run('secret-add', '--owner=unit', '--label=taken', 'key=v');
  expect(commitRefusal(view({ secrets: [before] }), adding.pending())).toBe(
    'secret with label "taken" already exists',
  );
  expect(commitRefusal(view(), hook().pending())).toBeUndefined();
});

test('a databag over 16 MiB is refused at the commit', () => {
  const writing = hook();
  const half = 'x'.repeat(9_000_000);
  writing.withStdin(JSON.stringify({ a: half, b: half }), 'relation-set', '-r', '4', '--file', '-');
  expect(commitRefusal(view(), writing.pending())).toMatch(
    /databag of relation db:4 .* quota limit exceeded/,
  );
});
