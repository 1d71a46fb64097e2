/** The httpbin example: options that are checked, and a check that is acted on. */
import { active, waiting } from 'charmwright';
import {
  container,
  context,
  crashTest,
  explore,
  findContainer,
  findRelation,
  network,
  relation,
  state,
} from 'charmwright/testing';
import { expect, test } from 'vitest';
import { httpbin } from '../../../examples/httpbin/charm/charm.ts';

const it = context(httpbin);
const ready = { kind: 'pebble-ready', container: 'httpbin' } as const;
const world = state({ containers: [container('httpbin')], networks: { '': network('10.1.0.5') } });

test('waits for its container, and then serves with the options', async () => {
  const before = state({ containers: [container('httpbin', { canConnect: false })] });
  expect((await it.run('config-changed', before)).unitStatus).toEqual(waiting('for the container'));
  const after = await it.run(ready, { ...world, config: { 'log-format': 'json', 'max-duration': 3 } });
  expect(after.unitStatus).toEqual(active());
  expect(JSON.stringify(findContainer(after, 'httpbin').layers)).toContain(
    '-log-format json -max-duration 3s',
  );
});

test.each([
  [{ 'log-format': 'loud' }, 'option "log-format"'],
  [{ 'max-duration': 0 }, 'option "max-duration"'],
])('a wrong option blocks with its name, and the server goes on: %o', async (config, named) => {
  const before = await it.run(ready, world);
  const after = await it.run('config-changed', { ...before, config });
  expect(after.unitStatus).toMatchObject({ name: 'blocked', message: expect.stringContaining(named) });
  expect(after.serviceStarts).toEqual([]);
  expect(findContainer(after, 'httpbin')).toEqual(findContainer(before, 'httpbin'));
});

test('a proxy is told where each unit is', async () => {
  const proxy = relation('http', { remoteApp: 'haproxy' });
  const before = await it.run(ready, world);
  const after = await it.run(
    { kind: 'relation-created', relation: proxy },
    { ...before, relations: [proxy] },
  );
  expect(findRelation(after, 'http').localUnitData).toMatchObject({ hostname: '10.1.0.5', port: '8080' });
});

test('a server that does not answer is waited for, until its check recovers', async () => {
  const up = await it.run(ready, world);
  const web = findContainer(up, 'httpbin');
  const sick = {
    ...up,
    containers: { httpbin: { ...web, checks: { up: { status: 'down', failures: 3 } as const } } },
  };
  const down = await it.run({ kind: 'pebble-check-failed', container: 'httpbin', check: 'up' }, sick);
  expect(down.unitStatus).toEqual(waiting('the server does not answer: 3 times'));
  const well = { ...down, containers: { httpbin: { ...findContainer(down, 'httpbin'), checks: {} } } };
  const again = await it.run({ kind: 'pebble-check-recovered', container: 'httpbin', check: 'up' }, well);
  expect(again.unitStatus).toEqual(active());
});

test('in any order of events nothing crashes, and a hook that is killed and run again ends the same', async () => {
  const found = await explore(httpbin, world, {
    depth: 3,
    configs: [{ 'log-format': 'json' }, { 'log-format': '' }],
  });
  expect(found.crashes).toEqual([]);
  expect((await crashTest(httpbin, ready, world)).problems).toEqual([]);
});
