/**
 * The charm in process: a state and an event in, a state out. No Juju, no container. `npm run unit:local` runs the same
 * tests with the packed charm in a local model.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { active, blocked } from 'charmwright';
import {
  activeOnly,
  container,
  context,
  crashTest,
  explore,
  findContainer,
  findRelation,
  onLocalModel,
  relation,
  state,
} from 'charmwright/testing';
import { expect, test } from 'vitest';
import { charm } from '../../charm/charm.ts';

/** Where the answer is the test's own, or a hook is killed, or many orders of events are tried. */
const inProcess = test.skipIf(onLocalModel);
const unit = context(charm);
const world = state({ leader: true, containers: [container('web')] });

test('the server runs, and its port is open', async () => {
  const after = await unit.run('config-changed', world);
  expect(after.serviceStarts).toEqual(['web/server']);
  expect(after.ports).toEqual(['8080/tcp']);
  expect(after.unitStatus).toEqual(active());
});

test('another greeting restarts it, the same one does not', async () => {
  const first = await unit.run('config-changed', world);
  const same = await unit.run('update-status', first);
  const other = await unit.run('config-changed', { ...same, config: { greeting: 'Good morning' } });
  expect([same.serviceStarts, other.serviceStarts]).toEqual([[], ['web/server']]);
});

test('a port that cannot be blocks the unit, and the server goes on as it was', async () => {
  const first = await unit.run('config-changed', world);
  const after = await unit.run('config-changed', { ...first, config: { port: 70_000 } });
  expect(after.unitStatus).toEqual(blocked('[config] port is 70000, but must be 1 to 65535'));
  expect(after.containers).toEqual(first.containers);
});

test('whoever is related learns where the page is', async () => {
  const after = await unit.run('config-changed', { ...world, relations: [relation('page')] });
  const { localAppData } = findRelation(after, 'page');
  expect(localAppData).toEqual({ url: 'http://my-charm.testing.svc.cluster.local:8080' });
});

test('the page names its neighbour as soon as that one says where it is', async () => {
  const silent = relation('neighbour', { id: 1, remoteApp: 'moon' });
  const before = await unit.run('config-changed', { ...world, relations: [silent] });
  expect(before.unitStatus.name).toBe('waiting');
  expect(before.unitStatus.message).toContain('[neighbour:1] data of moon: key "url"');

  const given = { ...silent, remoteAppData: { url: 'http://moon:8080' } };
  const after = await unit.run(
    { kind: 'relation-changed', relation: given },
    { ...before, relations: [given] },
  );
  expect(after.unitStatus).toEqual(active());
  const { environment } = findContainer(after, 'web').layers.web?.services?.server ?? {};
  expect(environment).toMatchObject({ NEIGHBOUR: 'http://moon:8080' });
});

inProcess('the action asks the server', async () => {
  const server = createServer((request, response) => response.end(`${request.url}\n`)).listen(0);
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const { results } = await unit.runAction('greet', { name: 'Ann & Bob' }, { ...world, config: { port } });
  expect(results).toEqual({ greeting: '/?name=Ann%20%26%20Bob' });
  server.close();
});

inProcess('the action fails, and says so, when nothing serves', async () => {
  const { failed } = await unit.runAction('greet', { name: 'Ann' }, { ...world, config: { port: 1 } });
  expect(failed).toBe('the web server does not answer on port 1');
});

inProcess('from its installation on, whatever happens in whatever order leads to the same end', async () => {
  const moon = relation('neighbour', { remoteApp: 'moon', remoteAppData: { url: 'http://moon:8080' } });
  const { problems } = await explore(charm, world, {
    from: 'nothing',
    depth: 2,
    relations: [moon, relation('page')],
    configs: [{ greeting: 'Good morning' }, { port: 70_000 }],
    containers: [container('web')],
    // A unit that is not active keeps what it has, and that depends on what came before.
    ignore: activeOnly,
    oneEnd: true,
  });
  expect(problems).toEqual([]);
});

inProcess('a hook that is killed at any of its steps, and run again, ends the same', async () => {
  const { problems } = await crashTest(charm, 'config-changed', world);
  expect(problems).toEqual([]);
});
