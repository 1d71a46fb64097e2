/** Hooks that are killed at each of their calls. */
import { active, defineCharm } from 'charmwright';
import { container, crashTest, exec, findContainer, relation, state } from 'charmwright/testing';
import { expect, test } from 'vitest';
import { charm, spec } from './example.ts';

const db = relation('db', { remoteApp: 'pg', remoteAppData: { url: 'pg:5432' } });
const ready = state({ leader: true, relations: [db], containers: [container('web')] });

test('a charm that looks at the world and makes it so comes to the same end from anywhere', async () => {
  const { problems, calls, starts, mostStarts } = await crashTest(charm, 'config-changed', ready);
  expect(problems).toEqual([]);
  expect(calls).toBeGreaterThan(10);
  expect({ starts, mostStarts }).toEqual({ starts: 1, mostStarts: 1 });
});

test('an action is run again by its user', async () => {
  const telling = container('web', { execs: [exec(['fortune'], { stdout: 'good' })] });
  const { problems, calls } = await crashTest(
    charm,
    { action: 'greet', params: { name: 'Ann' } },
    state({ containers: [telling] }),
  );
  expect(problems).toEqual([]);
  expect(calls).toBeGreaterThan(2);
});

test('a hook that adds to what a killed one has left is found, with the call it was killed after', async () => {
  const adding = defineCharm(spec, {
    reconcile: async (juju) => {
      const web = juju.container('web');
      const before = (await web.exists('/list')) ? await web.pullText('/list') : '';
      await web.push('/list', `${before}line\n`);
      juju.addStatus(active());
    },
    actions: { greet: () => ({}) },
  });
  const { first, problems } = await crashTest(adding, 'start', ready);
  expect(first).toEqual({
    killedAfter: expect.stringMatching(/^call \d+: push of container web: \/list$/),
    differences: ['containers.web.files["/list"]: "line\\n" or "line\\nline\\n"'],
  });
  expect(problems).toEqual([expect.stringContaining('start, killed after call')]);
});

test('what the caller ignores is no difference', async () => {
  const counting = defineCharm(spec, {
    reconcile: async (juju) => {
      const web = juju.container('web');
      await web.notify('example.com/tried');
      juju.addStatus(active());
    },
    actions: { greet: () => ({}) },
  });
  const ignore = (it: typeof ready) => ({
    ...it,
    containers: { web: { ...findContainer(it, 'web'), notices: [] } },
  });
  expect((await crashTest(counting, 'start', ready)).problems).toHaveLength(1);
  expect((await crashTest(counting, 'start', ready, { ignore })).problems).toEqual([]);
});

test('a hook that cannot be run again is found', async () => {
  const once = defineCharm(spec, {
    reconcile: async (juju) => {
      await juju.container('web').makeDir('/once');
      await juju.setPorts([80]);
    },
    actions: { greet: () => ({}) },
  });
  const { first } = await crashTest(once, 'start', ready);
  expect(first?.differences).toEqual([expect.stringContaining('it fails: PathError')]);
});
