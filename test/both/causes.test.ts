/** One event of each kind, and what the unit has made of it, in process and in the local model. */
import { container, context, notice, relation, type State, secret, state } from 'charmwright/testing';
import { expect, test } from 'vitest';
import { mirror } from '../charms/mirror/charm/charm.ts';

const unit = context(mirror);
const world = state({ leader: true, containers: [container('work')] });
const shown = ({ unitStatus }: State): unknown => JSON.parse(unitStatus.message);

test('another application comes, says something, grows, shrinks and goes', async () => {
  const db = relation('db', { remoteApp: 'pg', remoteUnits: { 0: {} } });
  const first = await unit.run({ kind: 'relation-joined', relation: db }, { ...world, relations: [db] });
  expect(shown(first)).toEqual({ units: ['pg/0'] });

  const saying = { ...db, remoteAppData: { url: 'pg:5432' }, remoteUnits: { 0: { up: 'yes' }, 1: {} } };
  const second = await unit.run(
    { kind: 'relation-changed', relation: saying },
    { ...first, relations: [saying] },
  );
  expect(shown(second)).toEqual({ url: 'pg:5432', units: ['pg/0', 'pg/1'] });

  const departed = { kind: 'relation-departed', relation: 'db', remoteUnit: 1 } as const;
  const third = await unit.run(departed, second);
  expect(shown(third)).toEqual({ url: 'pg:5432', units: ['pg/0'] });
  expect(third.stored.departed).toBe('pg/1');

  const after = await unit.run({ kind: 'relation-broken', relation: 'db' }, third);
  expect(shown(after)).toEqual({});
  expect(after.relations).toEqual([]);
  expect(after.stored.broken).toBe('pg');
});

test('a secret of an option is read, and its next revision as well', async () => {
  const key = secret({ content: { word: 'mirror' }, tracked: false });
  const config = { key: `secret:${key.id}` };
  const first = await unit.run('config-changed', { ...world, config, secrets: [key] });
  expect(shown(first)).toEqual({ word: 'mirror' });
  const [tracked] = first.secrets;
  if (tracked === undefined) throw new Error('the secret is gone');
  const newer = {
    ...tracked,
    revisions: [...tracked.revisions, { revision: 2, content: { word: 'glass' } }],
  };
  const after = await unit.run({ kind: 'secret-changed', secret: newer }, { ...first, secrets: [newer] });
  expect(shown(after)).toEqual({ word: 'glass' });
});

test('a workload tells something, comes up again, and the charm is refreshed', async () => {
  const first = await unit.run({ kind: 'pebble-ready', container: 'work' }, world);
  expect(first.stored.readies).toBe(1);
  const told = notice('example.com/backup-done', { size: '3' });
  const work = { ...(first.containers.work ?? container('work')), notices: [told] };
  const second = await unit.run(
    { kind: 'pebble-custom-notice', container: 'work', notice: told },
    { ...first, containers: { work } },
  );
  expect(shown(second)).toEqual({ notice: 'example.com/backup-done' });
  const third = await unit.run({ kind: 'pebble-ready', container: 'work' }, second);
  expect(third.stored.readies).toBe(2);
  const after = await unit.run('upgrade-charm', third);
  expect(after.stored.upgraded).toBe(true);
});
