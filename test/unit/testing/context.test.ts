import { active, blocked, maintenance, waiting } from 'charmwright';
import {
  CharmCrashed,
  container,
  context,
  exec,
  findContainer,
  findRelation,
  findSecret,
  peerRelation,
  relation,
  secret,
  state,
  stateOf,
} from 'charmwright/testing';
import { describe, expect, test } from 'vitest';
import { charm } from './example.ts';

const web = context(charm);

const db = relation('db', { remoteApp: 'pg', remoteAppData: { url: 'pg:5432' } });
const site = relation('site', { remoteApp: 'ingress' });
const ready = state({ leader: true, relations: [db, site], containers: [container('web')] });

describe('state in, one event, state out', () => {
  // ops: 214
  test('what the charm asked for is in the state after', async () => {
    const after = await web.run('config-changed', ready);
    expect(after.exitCode).toBe(0);
    expect(after.unitStatus).toEqual(active());
    expect(after.ports).toEqual(['8080/tcp']);
    expect(after.stored).toEqual({ title: null });
    expect(findRelation(after, 'site').localAppData).toEqual({ url: 'http://web:8080' });
    const workload = findContainer(after, 'web');
    expect(workload.files).toEqual({ '/etc/web.json': '{"port":8080,"db":"pg:5432"}' });
    expect(workload.attributes).toEqual({ '/etc/web.json': { permissions: 0o600 } });
    expect(workload.services).toEqual({ web: 'active' });
    expect(after.serviceStarts).toEqual(['web/web']);
  });

  // ops: 214
  test('the state before is never changed, not even when a test tries', async () => {
    const before = structuredClone({ ...ready, containers: {} });
    await web.run('config-changed', ready);
    expect({ ...ready, containers: {} }).toEqual(before);
    expect(() => Object.assign(ready.config, { port: 1 })).toThrow(TypeError);
  });

  test('the same event again finds nothing to do', async () => {
    const once = await web.run('config-changed', ready);
    const twice = await web.run('config-changed', once);
    expect(stateOf(twice)).toEqual(stateOf(once));
    expect(twice.serviceStarts).toEqual([]);
    expect(twice.pebbleCalls.map(({ method }) => method)).not.toContain('push');
    expect(twice.hookTools.map(({ tool }) => tool)).not.toContain('relation-set');
  });

  test('a changed option restarts the service once', async () => {
    const once = await web.run('config-changed', ready);
    const after = await web.run('config-changed', { ...once, config: { port: 9090 } });
    expect(after.serviceStarts).toEqual(['web/web']);
    expect(after.ports).toEqual(['9090/tcp']);
  });

  test('a container that is not there yet is waited for', async () => {
    const after = await web.run('start', state({ relations: [db] }));
    expect(after.unitStatus).toEqual(waiting('for the container'));
    const away = container('web', { canConnect: false });
    expect((await web.run('start', state({ relations: [db], containers: [away] }))).containers).toEqual({
      web: away,
    });
  });

  // ops: 80, 218
  test('statuses are told in order', async () => {
    const after = await web.run('stop', ready);
    expect(after.unitStatusHistory).toEqual([maintenance('going'), active()]);
    expect(after.appStatusHistory).toEqual([]);
  });

  test('every tool call is counted, with what it read', async () => {
    const { hookTools } = await web.run('config-changed', ready);
    expect(hookTools.filter(({ tool }) => tool === 'config-get')).toHaveLength(1);
    expect(hookTools.every(({ code }) => code === 0)).toBe(true);
    const [write] = hookTools.filter(({ tool }) => tool === 'relation-set');
    expect(write?.stdin).toContain('http://web:8080');
  });
});

describe('relations', () => {
  test('bad remote data is the other side’s fault, and named', async () => {
    const bad = relation('db', { remoteApp: 'pg' });
    const after = await web.run({ kind: 'relation-changed', relation: bad }, state({ relations: [bad] }));
    expect(after.unitStatus.message).toContain('key "url"');
  });

  test('a broken relation is gone after its hook, with its grants', async () => {
    const shared = secret({ owner: 'application', content: { key: 'v' }, grants: [{ relationId: db.id }] });
    const before = state({ leader: true, relations: [db], secrets: [shared] });
    const after = await web.run({ kind: 'relation-broken', relation: 'db' }, before);
    expect(after.unitStatus).toEqual(blocked('[db] missing'));
    expect(after.relations).toEqual([]);
    expect(findSecret(after, shared.id).grants).toEqual([]);
    expect(after.logs).toContainEqual({ level: 'INFO', message: `db:${db.id}: no more pg` });
  });

  test('a departed unit is no member any more, and its data stay', async () => {
    const two = relation('db', { remoteUnits: { 0: {}, 1: { who: 'one' } } });
    const after = await web.run(
      { kind: 'relation-departed', relation: two, remoteUnit: 1 },
      state({ relations: [two] }),
    );
    expect(findRelation(after, 'db')).toMatchObject({ departed: [1], remoteUnits: { 1: { who: 'one' } } });
  });

  test('peers share one bag of their application', async () => {
    const peers = peerRelation('peers', { localAppData: { token: 't' }, units: { 1: { address: 'a' } } });
    const after = await web.run(
      { kind: 'relation-joined', relation: peers },
      state({ relations: [peers, db], plannedUnits: 2 }),
    );
    expect(after.exitCode).toBe(0);
  });
});

describe('secrets', () => {
  const theirs = secret({ label: 'key', content: { key: 'old' }, latest: { key: 'new' } });

  test('an event names a secret by label, id or itself; deferred, it is in the state', async () => {
    const before = state({ relations: [db], secrets: [theirs] });
    for (const which of ['key', theirs.id, theirs]) {
      const after = await web.run({ kind: 'secret-changed', secret: which }, before);
      expect(after.deferred).toEqual([
        { kind: 'secret-changed', secretId: `secret:${theirs.id}`, label: 'key' },
      ]);
    }
  });
});

describe('actions', () => {
  const telling = container('web', {
    execs: [exec(['fortune'], { stdout: 'good' }), exec(['fortune', '-l'])],
  });

  // ops: 217
  test('give results and log lines, with defaults from actions.yaml', async () => {
    const { results, log, failed } = await web.runAction(
      'greet',
      { name: 'Ann' },
      state({ containers: [telling] }),
    );
    expect(results).toEqual({ greeting: { text: 'hello Ann, I am glad', fortune: 'good' } });
    expect(log).toEqual(['thinking']);
    expect(failed).toBeUndefined();
  });

  // ops: 217
  test('that fail say why', async () => {
    const { failed, state: after } = await web.runAction('greet', {}, state({ containers: [telling] }));
    expect(failed).toMatch(/wrong parameters for greet/);
    expect(after.exitCode).toBe(0);
  });

  test('that crash have failed, too', async () => {
    const { failed, state: after } = await web.runAction(
      'greet',
      { name: 'Ann' },
      state({ containers: [container('web')] }),
      {
        onFailure: 'return',
      },
    );
    expect(failed).toBe('exit status 1');
    expect(String(after.error)).toContain('no answer for [\\"fortune\\",\\"-s\\"]');
    expect(after.stderr).not.toBe('');
  });
});

describe('a failing hook', () => {
  // ops: 228
  test('throws what the charm threw, as the cause', async () => {
    const crash = await web.run('update-status', ready).catch((error: unknown) => error);
    expect(crash).toBeInstanceOf(CharmCrashed);
    expect(crash).toMatchObject({ cause: new RangeError('no updates, please'), outcome: { exitCode: 1 } });
  });

  test('returned when asked for, it leaves the state as it was', async () => {
    const after = await web.run('update-status', ready, { onFailure: 'return' });
    expect(after.exitCode).toBe(1);
    expect(stateOf(after)).toEqual(ready);
    expect(after.logs).toContainEqual({
      level: 'ERROR',
      message: expect.stringContaining('no updates, please'),
    });
  });
});

describe('killed in the middle', () => {
  test('what was at once stays, what waits for the commit is lost', async () => {
    const calls = (await web.run('config-changed', ready)).hookTools.length;
    const after = await web.run('config-changed', ready, { killAfterToolCall: calls });
    expect(after).toMatchObject({ killed: true, exitCode: 137, ports: [], stored: {} });
    expect(findContainer(after, 'web').services).toEqual({ web: 'active' });
  });

  test('at any effect and run again, the end is the same', async () => {
    const straight = await web.run('config-changed', ready);
    let deaths = 0;
    for (;;) {
      const first = await web.run('config-changed', ready, { killAfterEffect: deaths + 1 });
      if (!first.killed) break;
      deaths += 1;
      expect(stateOf(await web.run('config-changed', first))).toEqual(stateOf(straight));
    }
    expect(deaths).toBe(straight.hookTools.length + straight.pebbleCalls.length);
  });
});

test('a misspelt name does not compile, and is refused', async () => {
  const attempts = [
    // @ts-expect-error: no such endpoint
    web.run({ kind: 'relation-created', relation: 'dbb' }, ready),
    // @ts-expect-error: no such container
    web.run({ kind: 'pebble-ready', container: 'wbe' }, ready),
    // @ts-expect-error: no such hook
    web.run('config-chnaged', ready),
    // @ts-expect-error: no such action
    web.runAction('gret', {}, ready),
  ];
  for (const attempt of await Promise.allSettled(attempts)) {
    expect(attempt).toMatchObject({ status: 'rejected', reason: { name: 'ImpossibleWorld' } });
  }
});
