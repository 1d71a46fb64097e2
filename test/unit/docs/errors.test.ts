/**
 * The page of errors has every error that an author can catch, and each reads as the page says. The texts are made by
 * what throws them: hook tools that refuse, a Pebble that answers badly, worlds that cannot be.
 */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createServer as createSocketServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ActionFailed, CharmwrightError, JujuVersion } from 'charmwright';
import { detourHttp, HttpClient } from 'charmwright/http';
import { applyObject, readObject, type ServiceAccount } from 'charmwright/kubernetes';
import { PebbleClient, PebbleError, parseLayer } from 'charmwright/pebble';
import { parseSnapshot } from 'charmwright/snapshot';
import { CharmCrashed, container, exec, parseRecording, relation, state } from 'charmwright/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { errorNotes, exportedErrors } from '../../../docs/generate/errors-page.ts';
import { parseContext } from '../../../lib/events/parse.ts';
import * as hooks from '../../../lib/hook-tools/index.ts';
import { loadCharmSpec } from '../../../lib/spec/load.ts';
import { checkResults } from '../../../lib/testing/check-results.ts';
import { refuseKill } from '../../../lib/testing/local/refusals.ts';
import { charm } from '../../scenario/framework/charms.ts';

let dir: string;
let socketPath: string;
let server: Server;
let answer: ((method: string) => Answer) | undefined;

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'errors-'));
  socketPath = join(dir, 'socket');
  server = createServer(({ method = '' }, response) => {
    const { status, body } = answer?.(method) ?? { status: 0, body: '' };
    if (status > 0) response.writeHead(status).end(JSON.stringify(body));
  }).listen(socketPath);
  await once(server, 'listening');
});

afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await rm(dir, { recursive: true });
});

/** A Pebble that answers so; nothing at all when nothing is said. */
function pebble(answers?: (method: string) => Answer): PebbleClient {
  answer = answers;
  return new PebbleClient({ socketPath, ...(answers === undefined && { timeoutMs: 50 }) });
}

const refused = (status: number, message: string, kind = '') =>
  pebble(() => ({ status, body: { type: 'error', 'status-code': status, result: { message, kind } } }));

/** Hook tools that answer this to everything. */
function tools(code: number, stdout: string, stderr = '') {
  return { run: async () => ({ code, stdout, stderr }) };
}

const s3 = { endpoint: 's3', id: 4 };
const relationGet = (stderr: string) => hooks.relationGet(tools(1, '', stderr), s3, { app: 'minio' });
const secretGet = (stderr: string) => hooks.secretGet(tools(1, '', stderr), { id: 'secret:abc' });
const metrics = relation('metrics', { id: 1 });
const database = relation('database', { id: 7, remoteApp: 'pg', remoteAppData: { url: 'nowhere' } });

/** What makes each error, by class. */
const makers: Readonly<Record<string, () => Promise<unknown> | unknown>> = {
  CharmwrightError: () =>
    charm({ reconcile: (juju) => juju.store('all', 'x'.repeat(70_000)) }).run('start', state()),
  SpecError: () => loadCharmSpec({ metadata: 'name: web\nstorage: {data: {type: disk}}' }),
  EnvironmentError: () => parseContext({}),
  JujuVersionError: () => new JujuVersion('three'),
  ToolError: () => relationGet('ERROR the moon is full\n'),
  ToolMissingError: () => hooks.isLeader(hooks.processRunner),
  RelationNotFoundError: () => relationGet('ERROR relation 4 not found\n'),
  SecretNotFoundError: () => secretGet('ERROR secret "abc" not found\n'),
  PermissionError: () => secretGet('ERROR permission denied\n'),
  ToolOutputError: () => hooks.configGet(tools(0, '{"port":[]}')),
  RelationDataError: () =>
    charm({
      endpoints: { database: { remoteApp: z.object({ url: z.url() }) } },
      reconcile: async (juju) => {
        const loaded = await (await juju.relation('database'))?.loadRemoteApp();
        if (loaded?.ok === false) throw loaded.error;
      },
    }).run('config-changed', state({ relations: [database] })),
  ActionFailed: async () => {
    const { failed } = await charm({ actions: { backup: () => ({}), restore: () => ({}) } }).runAction(
      'backup',
      {},
      state(),
    );
    throw new ActionFailed(failed ?? 'nothing failed');
  },
  CustomEventError: () =>
    charm({
      events: { grown: z.object({ size: z.int() }) },
      reconcile: (juju) => juju.emit('grown', { size: 1.5 }),
    }).run('start', state()),
  ConfigError: () =>
    charm({
      reconcile: async (juju) => {
        const config = await juju.loadConfig(z.object({ port: z.int().max(65_535, 'is no port') }));
        if (!config.ok) throw config.error;
      },
    }).run('start', state({ config: { port: 70_000 } })),
  NotAllowedError: () => charm({ on: { stop: (juju, event) => juju.defer(event) } }).run('stop', state()),
  RelationAccessError: () =>
    charm({
      reconcile: async (juju) => {
        for (const each of await juju.relations('metrics')) await each.publishApp({});
      },
    }).run('start', state({ relations: [metrics] })),
  TooManyRelationsError: () =>
    charm({ reconcile: async (juju) => void (await juju.relation('metrics')) }).run(
      'start',
      state({ relations: [metrics, relation('metrics', { id: 2, remoteApp: 'other' })] }),
    ),
  ConnectionError: () => new PebbleClient({ socketPath: '/charm/none.socket' }).systemInfo(),
  TimeoutError: () => pebble().systemInfo(),
  ProtocolError: () => pebble(() => ({ status: 200, body: [] })).systemInfo(),
  ApiError: () => refused(400, 'layer "web" already exists').addLayer('web', {}),
  PathError: () => refused(404, 'stat /etc/none: no such file or directory', 'not-found').list('/etc/none'),
  LayerError: () => parseLayer('services: [web]'),
  NotInPlanError: () => pebble(() => ({ status: 200, body: { type: 'sync', result: [] } })).service('web'),
  MultiPushPullError: () => pebble().pushPath('/no/such/page.html', '/srv'),
  UnsupportedError: () =>
    new PebbleClient({ socketPath, takesServiceContext: false }).exec(['true'], { serviceContext: 'web' }),
  ChangeError: () =>
    pebble((method) => ({
      status: 200,
      body: method === 'POST' ? { type: 'async', change: '7' } : { type: 'sync', result: failedChange },
    })).start(['web']),
  ExecError: () =>
    charm({
      reconcile: async (juju) =>
        void (await (await juju.container('web').exec(['reload', '--now'])).output()),
    }).run('start', state({ containers: [container('web', { execs: [exec(['reload'], failedExec)] })] })),
  HttpConnectionError: () => new HttpClient({ socketPath: '/no/such.socket' }).send(ask),
  HttpTimeoutError: () => get('', { silenceMs: 50 }),
  HttpProtocolError: async () => {
    const path = join(dir, 'mail');
    const other = createSocketServer((socket) => socket.end('220 mail ready\r\n')).listen(path);
    await once(other, 'listening');
    try {
      await new HttpClient({ socketPath: path }).send(ask);
    } finally {
      other.close();
    }
  },
  HttpTooLongError: () => get('much too long', { largestAnswer: 10 }),
  KubernetesForbiddenError: () => kubernetes(403, 'statefulsets.apps "web" is forbidden', applied),
  KubernetesConflictError: () =>
    kubernetes(409, 'Apply failed with 1 conflict', applied, [
      {
        reason: 'FieldManagerConflict',
        message: 'conflict with "kubectl-edit" using apps/v1',
        field: '.spec.replicas',
      },
    ]),
  KubernetesNotFoundError: () =>
    kubernetes(404, 'services "web" not found', (account) =>
      readObject(account, { kind: 'Service', name: 'web' }, z.unknown()),
    ),
  KubernetesInvalidError: () => kubernetes(422, 'spec.replicas: Invalid value: -1', applied),
  KubernetesUnreachableError: () =>
    kubernetes(503, 'the server is overloaded', (account) =>
      readObject(account, { kind: 'Node', name: 'web' }, z.unknown()),
    ),
  CharmCrashed: () =>
    charm({ reconcile: () => Promise.reject(new TypeError('no such disk')) }).run('start', state()),
  InProcessOnly: () => refuseKill({ killAfterEffect: 1 }),
  SnapshotError: () => parseSnapshot('{}', 'web-0.json'),
  RecordingError: () => parseRecording('{', 'failed.json'),
  ImpossibleWorld: () => charm({}).run('start', state({ config: { prot: 1 } })),
  WrongResults: async () =>
    checkResults('restore', { params: {}, required: [], results: { done: { type: 'boolean' } } }, {}),
};

const failedExec = { code: 1, stderr: 'no such unit' };
const failedChange = {
  id: '7',
  kind: 'start',
  summary: 'Start service "web"',
  status: 'Error',
  ready: true,
  err: 'cannot start: exited quickly with code 1',
  'spawn-time': '2026-01-01T00:00:00Z',
  tasks: [
    {
      id: '8',
      kind: 'start',
      summary: 'Start service "web"',
      status: 'Error',
      log: ['port 80 is taken'],
      progress: { label: '', done: 1, total: 1 },
      'spawn-time': '2026-01-01T00:00:00Z',
    },
  ],
};

/** The API server that answers so to what is done. */
async function kubernetes(
  status: number,
  message: string,
  act: (account: ServiceAccount) => Promise<unknown>,
  causes: readonly object[] = [],
): Promise<unknown> {
  const kinds = [
    { name: 'statefulsets', kind: 'StatefulSet', namespaced: true },
    { name: 'services', kind: 'Service', namespaced: true },
  ];
  const resources = { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: 'v1', resources: kinds };
  const straighten = detourHttp(async (_target, { method, path }) => {
    const isDiscovery = path.endsWith('/v1');
    const isThere = method === 'GET' && act === applied;
    const body = isDiscovery ? resources : isThere ? { metadata: {} } : { message, details: { causes } };
    const headers = { 'content-type': 'application/json' };
    return {
      status: isDiscovery || isThere ? 200 : status,
      headers,
      body: Buffer.from(JSON.stringify(body)),
    };
  });
  const account = { origin: 'https://10.152.183.1:443', token: 'x', authority: '', namespace: 'cos' };
  return act(account).finally(straighten);
}

const applied = (account: ServiceAccount) =>
  applyObject(account, { kind: 'StatefulSet', metadata: { name: 'web' } }, { fieldManager: 'web-charm' });

const ask = { method: 'GET', path: '/ready?token=x' } as const;
function get(body: string, options: { readonly silenceMs?: number; readonly largestAnswer?: number } = {}) {
  answer = body === '' ? undefined : () => ({ status: 200, body });
  return new HttpClient({ socketPath }).send({ ...ask, ...options });
}

/** What was thrown; of a charm that a test ran, what the charm threw. */
async function thrown(make: () => unknown): Promise<Error> {
  try {
    await make();
  } catch (error) {
    if (error instanceof CharmCrashed && error.cause instanceof CharmwrightError) return error.cause;
    if (error instanceof CharmCrashed && error.cause instanceof PebbleError) return error.cause;
    if (error instanceof Error) return error;
  }
  throw new Error('nothing was thrown');
}

/** Classes that others extend, and that nothing throws. */
const BASES = ['PebbleError', 'HttpError', 'KubernetesError'];

test('docs/errors.yaml has every error class that an author can catch, and no other', async () => {
  const classes = (await exportedErrors()).flatMap(({ errors }) => errors.map(({ name }) => name));
  expect(Object.keys(await errorNotes()).toSorted()).toEqual(classes.toSorted());
});

test('each error that is thrown is shown on the page with its text', async () => {
  const shown = Object.entries(await errorNotes()).filter(([, { reads }]) => reads !== undefined);
  expect(shown.map(([name]) => name).toSorted()).toEqual(Object.keys(makers).toSorted());
  const without = Object.entries(await errorNotes()).filter(([, { reads }]) => reads === undefined);
  expect(without.map(([name]) => name)).toEqual(BASES);
});

test.each(
  Object.entries(makers),
)('%s reads as the page says: what was tried, on what, what was answered', async (name, make) => {
  const error = await thrown(make);
  const text = error.message
    .replaceAll(socketPath, '/charm/containers/web/pebble.socket')
    .replaceAll(dir, '/run');
  expect(error.name).toBe(name);
  expect(text).toBe((await errorNotes())[name]?.reads?.trimEnd());
});
