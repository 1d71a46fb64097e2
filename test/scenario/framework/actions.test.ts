/** Actions: what is given to them, what they give back, and how they fail. */
import { ActionFailed, type ActionHandler } from 'charmwright';
import { findRelation, relation, state } from 'charmwright/testing';
import { describe, expect, test } from 'vitest';
import { charm, rawHook, type Spec } from './charms.ts';

type Backup = ActionHandler<Spec, 'backup', Record<never, never>>;

function doing(backup: Backup) {
  return charm({ actions: { backup, restore: () => ({}) } });
}

/** As Juju 3.6 would run it if its own check of the parameters were not there. */
function raw(backup: Backup, params: unknown) {
  return rawHook(
    { actions: { backup, restore: () => ({}) } },
    { JUJU_DISPATCH_PATH: 'actions/backup', JUJU_ACTION_UUID: '12' },
    { 'action-get': params },
  );
}

describe('parameters', () => {
  // ops: 70, 71
  test('are given with the defaults of actions.yaml', async () => {
    const seen: unknown[] = [];
    await raw(
      ({ params, taskId }) => {
        seen.push(params, taskId);
        return {};
      },
      { path: '/backup' },
    );
    expect(seen).toEqual([{ path: '/backup', level: 1, mode: 'full' }, '12']);
  });

  // ops: 76
  test.each([
    [{}, "must have required property 'path'"],
    [null, "must have required property 'path'"],
    [{ path: 1 }, '"path" must be string'],
    [{ path: '/', level: 'high' }, '"level" must be integer'],
    [{ path: '/', mode: 'slow' }, '"mode" must be equal to one of the allowed values: full, quick'],
    [{ path: '/', tags: ['a', 2] }, '"tags.1" must be string'],
    [{ path: '/', colour: 'red' }, 'must NOT have additional properties ("colour")'],
    [{ path: 1, level: 'high' }, '"path" must be string; "level" must be integer'],
  ])('that do not fit fail the action, each named, before it begins: %o', async (params, said) => {
    let ran = 0;
    const hook = await raw(() => {
      ran += 1;
      return {};
    }, params);
    expect(ran).toBe(0);
    expect(hook.exitCode).toBe(0);
    expect(hook.calls.find(({ tool }) => tool === 'action-fail')?.args).toEqual([
      '--',
      `wrong parameters for backup: ${said}`,
    ]);
  });
});

describe('results', () => {
  // ops: 72
  test('that are nested become nested keys; what is undefined is left out', async () => {
    const { results, failed } = await doing(() => ({
      blocks: { count: 3, 'largest-file': { size: 0.5, 'is-new': true } },
      note: '',
      nothing: undefined,
    })).runAction('backup', { path: '/' }, state());
    expect(failed).toBeUndefined();
    expect(results).toEqual({
      blocks: { count: '3', 'largest-file': { size: '0.5', 'is-new': 'true' } },
      note: '',
    });
  });

  test('none is no call at all', async () => {
    const { state: after } = await doing(() => ({})).runAction('backup', { path: '/' }, state());
    expect(after.hookTools.map(({ tool }) => tool)).not.toContain('action-set');
  });

  test('hold values with equal signs, dashes and lines as they are', async () => {
    const value = '--x=1\n- "y" = $(z)\n';
    const { results } = await doing(() => ({ value })).runAction('backup', { path: '/' }, state());
    expect(results).toEqual({ value });
  });

  // ops: 72
  test.each([
    [{ blockCount: 1 }, 'cannot return result "blockCount": Juju accepts lower-case letters'],
    [{ blocks: { 'a b': 1 } }, 'cannot return result "blocks.a b": Juju accepts lower-case letters'],
    [{ stdout: 'x' }, 'cannot return result "stdout": Juju keeps that name for itself'],
    [
      { text: 'é'.repeat(100_000) },
      'cannot return result "text": 200000 bytes, and Juju takes at most 120000',
    ],
  ])('that Juju would refuse fail the action with the reason', async (given, said) => {
    const { results, failed } = await doing(() => given).runAction('backup', { path: '/' }, state());
    expect(failed).toContain(said);
    expect(results).toEqual({});
  });
});

describe('an action', () => {
  const metrics = relation('metrics');

  test('fails with its own message for the user', async () => {
    const { failed, state: after } = await doing(() => {
      throw new ActionFailed('the disk is full: remove old backups');
    }).runAction('backup', { path: '/' }, state());
    expect(failed).toBe('the disk is full: remove old backups');
    expect(after.exitCode).toBe(0);
    expect(after.logs).toEqual([]);
  });

  // ops: 74
  test('tells its progress while it runs', async () => {
    const { log } = await doing(async ({ log }) => {
      for (const step of ['reading', '--writing']) await log(step);
      return {};
    }).runAction('backup', { path: '/' }, state());
    expect(log).toEqual(['reading', '--writing']);
  });

  test('may publish, store and show a status, as a hook may', async () => {
    const { state: after } = await doing(async ({ juju }) => {
      for (const each of await juju.relations('metrics')) each.publishUnit({ backup: 'done' });
      juju.store('last', 'now');
      return {};
    }).runAction('backup', { path: '/' }, state({ relations: [metrics] }));
    expect(findRelation(after, 'metrics').localUnitData).toMatchObject({ backup: 'done' });
    expect(after.stored).toEqual({ last: 'now' });
  });

  test('of a charm without handlers fails and says so', async () => {
    const { failed } = await charm({}).runAction('restore', {}, state());
    expect(failed).toBe('this charm has no action "restore"');
  });
});
