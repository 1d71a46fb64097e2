/** The hello-kubecon example: a page, redirects, and an action that fetches. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { active } from 'charmwright';
import {
  container,
  context,
  crashTest,
  explore,
  findContainer,
  findRelation,
  relation,
  state,
  storage,
} from 'charmwright/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { helloKubecon } from '../../../examples/hello-kubecon/charm/charm.ts';

const it = context(helloKubecon);
const ready = { kind: 'pebble-ready', container: 'gosherve' } as const;
let webroot: string;
beforeAll(async () => {
  webroot = await mkdtemp(join(tmpdir(), 'webroot-'));
});
afterAll(() => rm(webroot, { recursive: true, force: true }));

const world = (more: Partial<Parameters<typeof state>[0]> = {}) =>
  state({
    leader: true,
    containers: [container('gosherve')],
    storages: [{ ...storage('webroot'), location: webroot }],
    ...more,
  });

test('the server starts with the redirects of the option, and again only when that changes', async () => {
  const first = await it.run(ready, world({ config: { 'redirect-map': 'http://example.com/map' } }));
  expect(first.unitStatus).toEqual(active());
  expect(first.serviceStarts).toEqual(['gosherve/gosherve']);
  expect(first.ports).toEqual(['8080/tcp']);
  const same = await it.run('update-status', first);
  expect(same.serviceStarts).toEqual([]);
  const other = await it.run('config-changed', { ...same, config: { 'redirect-map': '' } });
  expect(other.serviceStarts).toEqual(['gosherve/gosherve']);
});

test('an option that is no URL blocks, and the server goes on as it was', async () => {
  const before = await it.run(ready, world());
  const after = await it.run('config-changed', {
    ...before,
    config: { 'redirect-map': 'file:///etc/passwd' },
  });
  expect(after.unitStatus).toMatchObject({ name: 'blocked' });
  expect(after.unitStatus.message).toMatch(/^\[config\] option "redirect-map": /);
  expect(findContainer(after, 'gosherve')).toEqual(findContainer(before, 'gosherve'));
});

test('an ingress is told where the page is', async () => {
  const ingress = relation('ingress', { remoteApp: 'traefik' });
  const before = await it.run(ready, world());
  const after = await it.run(
    { kind: 'relation-created', relation: ingress },
    { ...before, relations: [ingress] },
  );
  expect(findRelation(after, 'ingress').localAppData).toEqual({
    name: '"hello-kubecon"',
    model: '"testing"',
    port: '8080',
  });
});

test('pull-site fetches the page into the storage, and says when it cannot', async () => {
  const server = createServer((request, answer) => {
    answer.statusCode = request.url === '/page' ? 200 : 404;
    answer.end('<h1>hello</h1>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  try {
    const at = (path: string) => world({ config: { 'site-url': `http://127.0.0.1:${port}${path}` } });
    const pulled = await it.runAction('pull-site', {}, at('/page'));
    expect(pulled.results).toEqual({ result: 'site pulled', bytes: '14' });
    expect(await readFile(join(webroot, 'index.html'), 'utf8')).toBe('<h1>hello</h1>');
    expect((await it.runAction('pull-site', {}, at('/nowhere'))).failed).toContain('it answers 404');
  } finally {
    server.close();
  }
});

test('in any order of events nothing crashes, and a hook that is killed and run again ends the same', async () => {
  const found = await explore(helloKubecon, world(), {
    depth: 3,
    configs: [{ 'redirect-map': 'no url' }],
    relations: [relation('ingress', { remoteApp: 'traefik' })],
  });
  expect(found.crashes).toEqual([]);
  const killed = await crashTest(helloKubecon, ready, world());
  expect(killed.problems).toEqual([]);
});
