/** Secrets, ports and the workload's version: written when they differ, and only then. */
import { NotAllowedError, PermissionError, SecretNotFoundError, type Secrets, secretId } from 'charmwright';
import { findSecret, type Outcome, relation, secret, state } from 'charmwright/testing';
import { describe, expect, test } from 'vitest';
import { charm } from './charms.ts';

function calls(outcome: Outcome, tool: string): readonly string[][] {
  return outcome.hookTools.filter((use) => use.tool === tool).map(({ args }) => [...args]);
}

function putting(content: Record<string, string>, uris: string[] = []) {
  return charm({
    reconcile: async (juju) => void uris.push(await juju.secrets.put('application', 'login', content)),
  });
}

const leader = state({ leader: true });

describe('an owned secret', () => {
  test('is created once, and has the same URI ever after', async () => {
    const uris: string[] = [];
    const it = putting({ username: 'me', password: 'p1' }, uris);
    const first = await it.run('start', leader);
    const second = await it.run('update-status', first);
    const made = findSecret(first, 'login');
    expect(uris).toEqual([`secret:${made.id}`, `secret:${made.id}`]);
    expect(made.revisions).toEqual([{ revision: 1, content: { username: 'me', password: 'p1' } }]);
    expect(findSecret(second, 'login').revisions).toHaveLength(1);
    expect(calls(second, 'secret-set')).toEqual([]);
  });

  test('has no new revision for equal content in another order', async () => {
    const first = await putting({ username: 'me', password: 'p1' }).run('start', leader);
    const second = await putting({ password: 'p1', username: 'me' }).run('update-status', first);
    expect(calls(second, 'secret-set')).toEqual([]);
  });

  test.each([
    { username: 'me', password: 'p2' },
    { username: 'me' },
    { username: 'me', password: 'p1', realm: 'x' },
  ])('has a new revision for other content: %o', async (content) => {
    const first = await putting({ username: 'me', password: 'p1' }).run('start', leader);
    const second = await putting(content).run('update-status', first);
    expect(findSecret(second, 'login').revisions.at(-1)).toEqual({ revision: 2, content });
  });

  test('can be put, granted and read again in one and the same hook', async () => {
    const metrics = relation('metrics', { remoteApp: 'prometheus' });
    const seen: unknown[] = [];
    const it = charm({
      reconcile: async (juju) => {
        const [each] = await juju.relations('metrics');
        const uri = await juju.secrets.put('application', 'login', { token: 't1' });
        await juju.secrets.put('application', 'login', { token: 't1' });
        if (each !== undefined) await juju.secrets.grant(uri, each);
        seen.push(await juju.secrets.content('login'), await juju.secrets.content('another'));
      },
    });
    const after = await it.run('config-changed', state({ leader: true, relations: [metrics] }));
    expect(seen).toEqual([{ token: 't1' }, undefined]);
    expect(findSecret(after, 'login').grants).toEqual([{ relationId: metrics.id }]);
  });

  // ops: 137
  test.each([
    [{}, 'cannot store secret "login": it has no keys'],
    [{ accessKey: 'x' }, 'Juju does not accept the key "accessKey"'],
    [{ ab: 'x', 'a--b': 'y' }, 'Juju does not accept the key "ab", "a--b"'],
    [{ '../../etc/passwd': 'x' }, 'Juju does not accept the key "../../etc/passwd"'],
  ])('with keys that Juju refuses is refused before anything happens, without its values: %o', async (content, said) => {
    const it = putting(content);
    const crash = it.run('start', leader);
    await expect(crash).rejects.toMatchObject({ cause: expect.any(NotAllowedError) });
    await expect(crash).rejects.toThrow(said);
    expect(calls(await it.run('start', leader, { onFailure: 'return' }), 'secret-add')).toEqual([]);
  });

  test('never shows its content in an argument or in the log', async () => {
    const after = await putting({ password: 'correct-horse' }).run('start', leader);
    expect(JSON.stringify([after.hookTools, after.logs])).not.toContain('correct-horse');
    const [[args]] = [calls(after, 'secret-add')];
    expect(args?.at(-1)).toMatch(/^password#file=\//);
  });

  test('of the application is the leader`s to make', async () => {
    const crash = putting({ token: 't' }).run('start', state());
    await expect(crash).rejects.toMatchObject({ cause: expect.any(PermissionError) });
  });
});

describe('the owner of a secret', () => {
  const own = secret({ label: 'login', owner: 'unit', content: { token: 'a' } });
  const before = state({ secrets: [own] });
  const doing = (what: (secrets: Secrets) => Promise<unknown>) =>
    charm({ reconcile: async ({ secrets }) => void (await what(secrets)) });

  // ops: 112, 147
  test('gives it a label, a description, a rotation and an expiry when it is made', async () => {
    const expire = new Date('2027-01-01T00:00:00Z');
    const it = doing((secrets) =>
      secrets.add('unit', { token: 'a' }, { label: 'new', description: 'd', rotate: 'daily', expire }),
    );
    const made = findSecret(await it.run('update-status', state()), 'new');
    expect(made).toMatchObject({ owner: 'unit', label: 'new', description: 'd', rotate: 'daily' });
    expect(new Date(made.expire ?? '')).toEqual(expire);
  });

  // ops: 142
  test('may ask what Juju knows about it, by id or by label, and which there are', async () => {
    const seen: unknown[] = [];
    const it = doing(async (secrets) => {
      seen.push(await secrets.info(own.id), await secrets.info({ label: 'login' }), await secrets.ids());
      seen.push(await secrets.owned('nothing'));
    });
    await it.run('update-status', before);
    const known = { id: own.id, revision: 1, label: 'login', owner: 'unit', rotation: 'never', access: [] };
    expect(seen).toEqual([known, known, [own.id], undefined]);
  });

  // ops: 143
  test('changes content and settings apart: settings make no revision, equal content neither', async () => {
    const it = doing(async (secrets) => {
      await secrets.setInfo(own.id, { description: 'new', rotate: 'weekly' });
      await secrets.setContent(own.id, { token: 'a' });
    });
    const after = await it.run('update-status', before);
    expect(findSecret(after, own.id)).toMatchObject({ description: 'new', rotate: 'weekly' });
    expect(findSecret(after, own.id).revisions).toHaveLength(1);
    const next = await doing((secrets) => secrets.setContent(own.id, { token: 'b' })).run(
      'update-status',
      after,
    );
    expect(findSecret(next, own.id).revisions).toHaveLength(2);
    await expect(
      doing((secrets) => secrets.setInfo(own.id, {})).run('update-status', before),
    ).rejects.toThrow('nothing to change is given');
  });

  test('who puts it again with other settings changes those alone', async () => {
    const it = doing((secrets) => secrets.put('unit', 'login', { token: 'a' }, { description: 'x' }));
    const after = await it.run('update-status', before);
    expect(findSecret(after, 'login')).toMatchObject({ description: 'x' });
    expect(findSecret(after, 'login').revisions).toHaveLength(1);
    expect(calls(await it.run('update-status', after), 'secret-set')).toEqual([]);
  });

  // ops: 145
  test('grants it to the other side of a relation, or to one unit of it, and takes that back', async () => {
    const metrics = relation('metrics', { id: 7, remoteApp: 'prometheus' });
    const world = state({ secrets: [own], relations: [metrics] });
    const ref = { endpoint: 'metrics', id: 7 };
    const all = await doing((secrets) => secrets.grant(own.id, ref)).run('update-status', world);
    expect(findSecret(all, own.id).grants).toEqual([{ relationId: 7 }]);
    const none = await doing((secrets) => secrets.revoke(own.id, ref)).run('update-status', all);
    expect(findSecret(none, own.id).grants).toEqual([]);
    const one = await doing((secrets) => secrets.grant(own.id, ref, 'prometheus/0')).run(
      'update-status',
      none,
    );
    expect(findSecret(one, own.id).grants).toMatchObject([{ relationId: 7, unit: 'prometheus/0' }]);
  });

  // ops: 69, 146
  test('need not remove a revision that nobody reads any more, unless the charm handles it itself', async () => {
    const two = secret({ label: 'login', owner: 'unit', content: { token: 'a' }, latest: { token: 'b' } });
    const event = { kind: 'secret-remove', secret: two, revision: 1 } as const;
    const world = state({ secrets: [two] });
    const revisions = (after: Outcome) => findSecret(after, two.id).revisions.map(({ revision }) => revision);
    expect(revisions(await charm({}).run(event, world))).toEqual([2]);
    const keeping = charm({ on: { 'secret-remove': () => undefined } });
    expect(revisions(await keeping.run(event, world))).toEqual([1, 2]);
    const gone = await doing((secrets) => secrets.remove(two.id)).run('update-status', world);
    expect(gone.secrets).toEqual([]);
  });
});

describe('a secret of somebody else', () => {
  const theirs = secret({ content: { token: 'old' }, latest: { token: 'new' } });

  // ops: 140, 141
  test('is read as it was when it was first read; peek and latest show the newest', async () => {
    const seen: unknown[] = [];
    const it = charm({
      reconcile: async ({ secrets }) => {
        for (const read of [
          () => secrets.read(theirs.id),
          () => secrets.peek(theirs.id),
          () => secrets.read(theirs.id),
          () => secrets.read(theirs.id, 'latest'),
          () => secrets.read(theirs.id),
        ])
          seen.push((await read()).token);
      },
    });
    const after = await it.run('start', state({ secrets: [theirs] }));
    expect(seen).toEqual(['old', 'new', 'old', 'new', 'new']);
    expect(findSecret(after, theirs.id).tracked).toBe(2);
  });

  // ops: 94, 138, 139
  test('is found by its id, by its URI, or by the label that its reader gave it', async () => {
    const seen: unknown[] = [];
    const it = charm({
      reconcile: async ({ secrets, model }) => {
        seen.push(await secrets.read(` ${theirs.id} `), await secrets.read(`secret:${theirs.id}`));
        seen.push(await secrets.read(`secret://${model.uuid}/${theirs.id}`));
        seen.push(
          await secrets.read({ id: theirs.id, label: 'mine' }),
          await secrets.read({ label: 'mine' }),
        );
      },
    });
    const after = await it.run('start', state({ secrets: [theirs] }));
    expect(seen).toEqual(Array(5).fill({ token: 'old' }));
    expect(findSecret(after, theirs.id).label).toBe('mine');
    expect([secretId('secret:abc'), secretId('secret://u-u/abc'), secretId('abc')]).toEqual([
      'abc',
      'abc',
      'abc',
    ]);
  });

  // ops: 140
  test('is given as a copy, and asked for once in a dispatch', async () => {
    const it = charm({
      reconcile: async ({ secrets }) => {
        const first = await secrets.read(theirs.id);
        Object.assign(first, { token: 'changed' });
        expect(await secrets.read(theirs.id)).toEqual({ token: 'old' });
      },
    });
    const after = await it.run('start', state({ secrets: [theirs] }));
    expect(calls(after, 'secret-get')).toHaveLength(1);
  });

  test('that is not there, or not granted, can be told apart', async () => {
    const hidden = secret({ content: { token: 'x' }, readable: false });
    const seen: unknown[] = [];
    const it = charm({
      reconcile: async ({ secrets }) => {
        for (const id of [hidden.id, 'cccccccccccccccccccc'])
          seen.push(await secrets.read(id).catch((error: unknown) => error));
      },
    });
    await it.run('start', state({ secrets: [hidden] }));
    expect(seen).toEqual([expect.any(PermissionError), expect.any(SecretNotFoundError)]);
  });
});

describe('ports', () => {
  const opening = (...ports: readonly (number | `${number}/udp`)[]) =>
    charm({ reconcile: (juju) => juju.setPorts(ports) });

  // ops: 110
  test('are opened and closed until they are exactly these', async () => {
    const after = await opening(9009, '53/udp').run('start', state({ ports: ['80/tcp', '9009/tcp'] }));
    expect(after.ports.toSorted()).toEqual(['53/udp', '9009/tcp']);
    expect(calls(after, 'open-port')).toEqual([['53/udp']]);
    expect(calls(after, 'close-port')).toEqual([['80/tcp']]);
  });

  test('that stand open already cost no question', async () => {
    const first = await opening(9009, 80).run('start', state());
    const second = await opening(80, 9009, 80).run('update-status', first);
    expect(second.hookTools.map(({ tool }) => tool)).toEqual(['state-get']);
    expect(second.ports).toEqual(first.ports);
  });

  test('all close with an empty list', async () => {
    expect((await opening().run('start', state({ ports: ['80/tcp'] }))).ports).toEqual([]);
  });
});

// ops: 106
test('the workload`s version is sent when it changes', async () => {
  const running = (version: string) => charm({ reconcile: (juju) => juju.setWorkloadVersion(version) });
  const first = await running('3.0.4').run('start', state());
  const same = await running('3.0.4').run('update-status', first);
  const next = await running('3.0.5').run('update-status', same);
  expect([first, same, next].map((each) => calls(each, 'application-version-set').length)).toEqual([1, 0, 1]);
  expect(next.workloadVersion).toBe('3.0.5');
});

// ops: 96, 119
test('questions are asked once, however often a charm asks', async () => {
  const seen: unknown[] = [];
  const it = charm({
    reconcile: async (juju) => {
      for (let i = 0; i < 3; i++) {
        seen.push((await juju.config()).port, await juju.isLeader(), await juju.plannedUnits());
        seen.push((await juju.network('public')).bindAddress);
      }
    },
  });
  const after = await it.run('start', state({ leader: true, plannedUnits: 3, config: { port: 81 } }));
  expect(seen.slice(0, 4)).toEqual([81, true, 3, '192.0.2.0']);
  expect(seen.slice(8)).toEqual(seen.slice(0, 4));
  expect(
    after.hookTools
      .map(({ tool }) => tool)
      .toSorted()
      .slice(0, 4),
  ).toEqual(['config-get', 'goal-state', 'is-leader', 'network-get']);
});
