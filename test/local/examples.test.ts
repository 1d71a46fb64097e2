/** The examples, packed and deployed, with the real programs that they are about. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { image } from '../../tools/peers.ts';
import { redisServer } from '../support/debian.ts';
import { TestModel } from '../support/local-model.ts';

const ROOT = join(import.meta.dirname, '../..');
const ARCH = process.arch === 'arm64' ? 'arm64' : 'amd64';
const NAMES = ['hello-kubecon', 'httpbin', 'redis'] as const;

/** Of a model that nobody named otherwise. */
const MODEL = 'local';

let dist: string;
let model: TestModel;

beforeAll(async () => {
  dist = await mkdtemp(join(tmpdir(), 'examples-'));
  const folders = NAMES.map((name) => join('examples', name));
  await promisify(execFile)(
    process.execPath,
    [join(ROOT, 'pack/main.ts'), ...folders, '--arch', ARCH, '--out', dist],
    { cwd: ROOT },
  );
  model = await TestModel.start();
});
afterAll(async () => {
  await model?.[Symbol.asyncDispose]();
  await rm(dist, { recursive: true, force: true });
});

const charm = (name: string) => join(dist, `${name}_${ARCH}.charm`);

/** What a command prints in a unit's charm container, which shares its network with the workload. */
async function inUnit(unit: string, command: string): Promise<string> {
  const { stdout } = await promisify(execFile)(
    join(ROOT, 'bin/juju-local'),
    ['--model-dir', model.dir, 'exec', '--unit', unit, '--', command],
    { maxBuffer: 4e6 },
  );
  return stdout;
}

const get = (url: string) =>
  `bin/node -e 'fetch(process.argv[1], { redirect: "manual" }).then(async (r) => console.log(r.status, r.headers.get("location") ?? await r.text()))' ${url}`;

describe('httpbin', () => {
  test('answers, and takes another limit with another option', async () => {
    await model.client.call('deploy', {
      charm: charm('httpbin-k8s'),
      resources: { 'httpbin-image': await image('go-httpbin') },
      trust: true,
    });
    await model.untilUnit('httpbin-k8s/0', 'active', /^$/);
    expect(await inUnit('httpbin-k8s/0', get('http://127.0.0.1:8080/status/418'))).toMatch(/^418 /);
    const set = (values: Record<string, string>) =>
      model.client.call('set-config', { application: 'httpbin-k8s', values, reset: [] });
    await set({ 'max-duration': '0' });
    await model.untilUnit('httpbin-k8s/0', 'blocked', /option "max-duration"/);
    await set({ 'max-duration': '2' });
    await model.untilUnit('httpbin-k8s/0', 'active', /^$/);
    // Longer than it may: refused at once.
    expect(await inUnit('httpbin-k8s/0', get('http://127.0.0.1:8080/delay/5'))).toMatch(/^400 /);
  });
});

describe('hello-kubecon', () => {
  test('serves the page that its action fetches, and redirects by the list of its option', async () => {
    const httpbin = (path: string) => `http://httpbin-k8s.${MODEL}.svc.cluster.local:8080${path}`;
    const map = Buffer.from('juju https://juju.is\n').toString('base64url');
    await model.client.call('deploy', {
      charm: charm('hello-kubecon'),
      resources: { 'gosherve-image': await image('sherve') },
      config: { 'redirect-map': httpbin(`/base64/${map}`), 'site-url': httpbin('/html') },
      trust: true,
    });
    await model.untilUnit('hello-kubecon/0', 'active', /^$/);
    expect(await inUnit('hello-kubecon/0', get('http://127.0.0.1:8080/juju'))).toBe('301 https://juju.is\n');
    const { task, log } = await model.run('hello-kubecon/0', 'pull-site');
    expect(task).toMatchObject({ status: 'completed', results: { result: 'site pulled' } });
    expect(log[0]).toMatch(/^fetching http/);
    expect(await inUnit('hello-kubecon/0', get('http://127.0.0.1:8080/'))).toContain('Herman Melville');
  });
});

describe('redis', async () => {
  const server = await redisServer();

  /** One command at a unit's Redis, by its own protocol. */
  const ask = (unit: string, password: string, ...commands: readonly string[]) =>
    inUnit(
      unit,
      `bin/node -e 'const s = require("net").connect(6379, "127.0.0.1"); s.write(process.argv.slice(1).join("\\r\\n") + "\\r\\nQUIT\\r\\n"); s.pipe(process.stdout)' ${[`AUTH ${password}`, ...commands].map((word) => `"${word}"`).join(' ')}`,
    );

  test.skipIf(server.kind === 'absent')(
    `two units keep the same data, behind a password${server.kind === 'absent' ? ` (${server.why})` : ''}`,
    async () => {
      await model.client.call('deploy', {
        charm: charm('redis-k8s'),
        units: 2,
        resources: { 'redis-image': 'none' },
        trust: true,
      });
      await model.untilUnit('redis-k8s/0', 'active', /^primary$/);
      await model.untilUnit('redis-k8s/1', 'active', /^$/);
      const { task } = await model.run('redis-k8s/0', 'get-password');
      const password = String(Object(task.results).password);
      expect(await ask('redis-k8s/0', 'wrong', 'GET a')).toContain('WRONGPASS');
      expect(await ask('redis-k8s/0', password, 'SET a 42')).toBe('+OK\r\n+OK\r\n+OK\r\n');
      let copied = '';
      for (let tries = 0; tries < 50 && !copied.includes('42'); tries += 1)
        copied = await ask('redis-k8s/1', password, 'GET a');
      expect(copied).toBe('+OK\r\n$2\r\n42\r\n+OK\r\n');
      expect(await ask('redis-k8s/1', password, 'SET a 43')).toContain('READONLY');
    },
  );
});
