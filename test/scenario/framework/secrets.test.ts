/** Secrets, ports and the workload's version: written when they differ, and only then. */
import { NotAllowedError, PermissionError, SecretNotFoundError } from 'charmwright';
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

describe('a secret of somebody else', () => {
  const theirs = secret({ content: { token: 'old' }, latest: { token: 'new' } });

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
