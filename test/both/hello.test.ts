/** The smallest charm, in process and in the local model: which of them, this file does not say. */
import { active, blocked } from 'charmwright';
import { context, onLocalModel, state } from 'charmwright/testing';
import { describe, expect, test } from 'vitest';
import { hello } from '../charms/hello/charm/charm.ts';

const unit = context(hello);
const world = state({ leader: true });

describe('a charm without a workload', () => {
  test('greets with what it is told, and stays blocked while it is told nothing', async () => {
    const first = await unit.run('config-changed', { ...world, config: { greeting: 'good day' } });
    expect(first.unitStatus).toEqual(active('good day'));
    const silent = await unit.run('config-changed', { ...first, config: { greeting: '' } });
    expect(silent.unitStatus).toEqual(blocked('greeting is empty: juju config hello-k8s greeting=hello'));
    const again = await unit.run('update-status', silent);
    expect(again.unitStatus).toEqual(silent.unitStatus);
    const reset = await unit.run('config-changed', { ...again, config: {} });
    expect(reset.unitStatus).toEqual(active('hello'));
  });

  test('an action of a unit that does not lead answers as well', async () => {
    const second = { leader: false, unitNumber: 1, plannedUnits: 2 };
    const { results, failed, state: after } = await unit.runAction('greet', { name: 'Ann' }, state(second));
    expect(failed).toBeUndefined();
    expect(results).toEqual({ greeting: 'hello Ann' });
    expect(after).toMatchObject(second);
  });
});

describe.runIf(onLocalModel)('what the local model cannot be brought to', () => {
  test('is refused with a sentence for each, before anything is deployed', async () => {
    const remembering = state({ stored: { a: 1 }, unitStatus: active() });
    await expect(unit.run('stop', remembering)).rejects.toThrow(
      /^this runs in process only:\n- stop cannot be caused: .*\n- unit 0 is the leader.*\n- what the charm remembers .*\n- statuses /,
    );
  });

  test('an outcome is gone on from once', async () => {
    const first = await unit.run('config-changed', world);
    await unit.run('update-status', first);
    await expect(unit.run('update-status', first)).rejects.toThrow(
      'the model has gone on since this outcome',
    );
  });

  test('what a hook did on its way is not there to look at', async () => {
    const first = await unit.run('config-changed', world);
    expect(() => first.hookTools).toThrow('hookTools is seen in process only');
  });
});
