import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import {
  ApiError,
  ChangeError,
  ConnectionError,
  type Layer,
  layerApplied,
  layerDifference,
  PathError,
  type PebbleClient,
  PebbleError,
  TimeoutError,
} from 'charmwright/pebble';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RealPebble, realPebble } from './support/real-pebble.ts';

let pebble: RealPebble;
let client: PebbleClient;

beforeAll(async () => {
  pebble = await realPebble();
  client = pebble.client;
});

afterAll(() => pebble?.remove());

/** The error that a call ends with. */
async function failure(call: Promise<unknown>): Promise<unknown> {
  try {
    await call;
  } catch (error) {
    return error;
  }
  throw new Error('the call did not fail');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  await expect.poll(condition, { timeout: 30_000, interval: 50 }).toBe(true);
}

// ops: 165, 169, 170, 196
describe('a container', () => {
  test('says its version and its boot', async () => {
    const info = await client.systemInfo();
    expect(info.version).toMatch(/^v1\./);
    expect(info.bootId).toMatch(/^[0-9a-f-]{36}$/);
    expect(await client.canConnect()).toBe(true);
  });

  test('has no warnings when nothing is wrong', async () => {
    expect(await client.warnings()).toEqual([]);
  });
});

describe('layers and services', () => {
  const sleeper: Layer = {
    summary: 'two "services"',
    services: {
      sleeper: {
        override: 'replace',
        command: 'sleep 1000',
        startup: 'enabled',
        environment: { GREETING: 'hä: "yes"\nno', EMPTY: '', OCTAL: '0o17', ON: 'on' },
        'kill-delay': '90s',
        'backoff-factor': 2.5,
        'on-check-failure': { 'sleeper-up': 'ignore' },
      },
      idle: { override: 'replace', command: 'sleep 2000', startup: 'disabled' },
    },
    checks: {
      'sleeper-up': { override: 'replace', level: 'alive', period: '1000ms', exec: { command: 'true' } },
    },
    'log-targets': {
      loki: { override: 'replace', type: 'loki', location: 'http://127.0.0.1:1/push', services: ['-all'] },
    },
  };

  // ops: 174, 175, 208, 209, 210
  test('a layer is in the plan as it was given, and needs no second application', async () => {
    expect(layerDifference(sleeper, await client.plan())).toEqual({
      services: ['idle', 'sleeper'],
      checks: ['sleeper-up'],
      'log-targets': ['loki'],
    });
    await client.addLayer('charm', sleeper);
    const plan = await client.plan();
    expect(plan.services.sleeper?.environment).toEqual(sleeper.services?.sleeper?.environment);
    expect(plan.services.sleeper?.['kill-delay']).toBe('1m30s');
    expect(layerApplied(sleeper, plan)).toBe(true);
  });

  test('a label is taken unless the layers are combined', async () => {
    const error = await failure(client.addLayer('charm', sleeper));
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ statusCode: 400, pebbleMessage: expect.stringContaining('"charm"') });
    await client.addLayer('charm', sleeper, { combine: true });
    expect(layerApplied(sleeper, await client.plan())).toBe(true);
  });

  // ops: 207
  test('a merged layer is contained in the plan without being all of it', async () => {
    const extra: Layer = {
      services: { idle: { override: 'merge', environment: { MORE: '1' }, after: ['sleeper'] } },
      checks: { 'sleeper-up': { override: 'merge', timeout: '0.5s' } },
    };
    expect(layerApplied(extra, await client.plan())).toBe(false);
    await client.addLayer('extra', extra);
    expect(layerApplied(extra, await client.plan())).toBe(true);
    expect(layerDifference(sleeper, await client.plan())).toEqual({
      services: ['idle'],
      checks: ['sleeper-up'],
      'log-targets': [],
    });
  });

  // ops: 172, 176, 189, 197, 204
  test('services start, restart, take signals and stop, each call returning its finished change', async () => {
    const started = await client.autostart();
    expect(started).toMatchObject({ kind: 'autostart', status: 'Done', ready: true });
    expect(await client.services(['sleeper', 'unknown'])).toEqual([
      { name: 'sleeper', startup: 'enabled', current: 'active', currentSince: expect.any(String) },
    ]);
    expect((await client.start(['idle'])).status).toBe('Done');
    expect((await client.restart(['idle', 'sleeper'])).tasks.length).toBeGreaterThanOrEqual(4);
    await client.sendSignal('SIGCONT', ['idle']);
    expect((await client.stop(['idle'])).status).toBe('Done');
    const states = (await client.services()).map(({ name, current }) => `${name} ${current}`);
    expect(states.sort()).toEqual(['idle inactive', 'sleeper active']);
  });

  // ops: 204
  test('a replan restarts only what the plan changed', async () => {
    const since = async () => (await client.services(['sleeper']))[0]?.currentSince;
    const before = await since();
    await client.replan();
    expect(await since()).toBe(before);
    const command = 'sleep 1001';
    await client.addLayer('longer', { services: { sleeper: { override: 'merge', command } } });
    expect((await client.replan()).tasks.map((task) => task.kind)).toEqual(['stop', 'start']);
    expect(await since()).not.toBe(before);
  });

  test('a replan also starts a stopped service whose definition changed', async () => {
    const current = async () => (await client.services(['idle']))[0]?.current;
    expect(await current()).toBe('inactive');
    await client.addLayer('idler', { services: { idle: { override: 'merge', command: 'sleep 2001' } } });
    await client.replan();
    expect(await current()).toBe('active');
  });

  // ops: 166, 167
  test('a service that does not start tells why with its own last words', async () => {
    const command = `/bin/sh -c 'echo cannot open the disk; exit 3'`;
    await client.addLayer('bad', { services: { broken: { override: 'replace', command } } });
    const error = await failure(client.start(['broken']));
    expect(error).toBeInstanceOf(ChangeError);
    expect(error).toMatchObject({ change: { kind: 'start', status: 'Error', ready: true } });
    expect(String(error)).toContain('exited quickly with code 3');
    expect(String(error)).toContain('cannot open the disk');
  });

  test('the last lines of a service are there to read, also after it has ended', async () => {
    const command = `/bin/sh -c 'echo one; echo two >&2; echo three; sleep 2000'`;
    await client.addLayer('talker', { services: { talker: { override: 'replace', command } } });
    await client.start(['talker']);
    await until(async () => (await client.logs(['talker'])).length === 3);
    await client.stop(['talker']);
    expect((await client.logs(['talker'], 2)).map(({ message }) => message)).toEqual(['two', 'three']);
    expect(await client.logs(['talker'])).toMatchObject([{ service: 'talker', message: 'one' }, {}, {}]);
    expect(await client.logs(['nobody'])).toEqual([]);
  });

  // ops: 166
  test('an unknown service, signal or bad layer is refused with Pebble’s own message', async () => {
    const requests = [
      client.start(['nobody']),
      client.sendSignal('SIGNOTHING', ['sleeper']),
      client.addLayer('worse', { services: { none: { override: 'replace' } } }),
      client.addLayer('worst', { services: { none: { override: 'merge', command: '"' } } }),
    ];
    const errors = await Promise.all(requests.map(failure));
    for (const error of errors) expect(error).toBeInstanceOf(ApiError);
    expect(errors.map(String)).toEqual([
      expect.stringContaining('service "nobody" does not exist'),
      expect.stringContaining('SIGNOTHING'),
      expect.stringContaining('plan must define "command" for service "none"'),
      expect.stringContaining('command invalid'),
    ]);
  });
});

// ops: 171, 173, 211
describe('changes', () => {
  test('are listed by state and service, and looked up by id', async () => {
    const change = await client.start(['sleeper']);
    expect(await client.change(change.id)).toEqual(change);
    const ready = await client.changes({ select: 'ready', service: 'sleeper' });
    expect(ready.map(({ id }) => id)).toContain(change.id);
    const all = await client.changes({ select: 'all' });
    expect(all.length).toBeGreaterThan(ready.length);
    expect((await client.changes()).every((each) => !each.ready)).toBe(true);
  });

  test('a change that is not there is an API error, also for who waits for it', async () => {
    const calls = [client.change('987'), client.waitChange('987', 1_000), client.abortChange('987')];
    for (const error of await Promise.all(calls.map(failure))) {
      expect(error).toBeInstanceOf(ApiError);
      expect(error).toMatchObject({ statusCode: 404, pebbleMessage: 'cannot find change with id "987"' });
    }
  });

  test('waiting ends at its limit, and an aborted change ends badly', async () => {
    const running = await client.exec(['sleep', '1000']);
    const error = await failure(client.waitChange(running.changeId, 100));
    expect(error).toBeInstanceOf(TimeoutError);
    expect(String(error)).toContain(`change ${running.changeId} did not finish within 0.1 s`);
    await client.abortChange(running.changeId);
    expect((await client.waitChange(running.changeId)).ready).toBe(true);
    await expect(running.wait()).rejects.toThrow(PebbleError);
  });
});

// ops: 190, 191, 204, 209
describe('checks', () => {
  test('go up and down with what they check', async () => {
    let healthy = true;
    const server = createServer((_request, response) => response.writeHead(healthy ? 200 : 500).end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const common = { override: 'replace', level: 'ready', period: '50ms', threshold: 2 } as const;
    await client.addLayer('checks', {
      checks: {
        web: { ...common, http: { url: `http://127.0.0.1:${port}/` } },
        port: { ...common, startup: 'disabled', tcp: { port } },
      },
    });
    await client.replan();
    const web = async () => (await client.checks({ names: ['web'] }))[0];
    await until(async () => ((await web())?.successes ?? 0) > 0);
    expect(await web()).toMatchObject({
      name: 'web',
      level: 'ready',
      status: 'up',
      failures: 0,
      threshold: 2,
    });
    expect(await client.health('ready', ['web'])).toBe(true);
    healthy = false;
    await until(async () => (await web())?.status === 'down');
    expect(await client.health('ready')).toBe(false);
    expect(await client.health('alive', ['web'])).toBe(true);
    const down = await web();
    expect((await client.change(down?.changeId ?? '')).kind).toBe('recover-check');
    healthy = true;
    await until(async () => (await web())?.status === 'up');

    expect(await client.startChecks(['port', 'web'])).toEqual(['port']);
    const names = (await client.checks({ level: 'ready', names: ['port', 'web'] })).map(({ name }) => name);
    expect(names).toEqual(['port', 'web']);
    expect(await client.stopChecks(['port', 'web'])).toEqual(['port', 'web']);
    // A run that was under way may still report its result.
    const statuses = async () => (await client.checks({ level: 'ready' })).map(({ status }) => status);
    await until(async () => (await statuses()).every((status) => status === 'inactive'));
    expect(await client.stopChecks(['web'])).toEqual([]);
    await expect(client.startChecks(['nothing'])).rejects.toThrow(/cannot find checks in plan: nothing/);
    server.close();
  });
});

// ops: 177, 178, 179, 180, 181, 182
describe('files', () => {
  test('text comes back as it went', async () => {
    const path = join(pebble.dir, 'a "quoted" \\ näme', 'config.yaml');
    await client.push(path, 'grün\r\n--boundary\n', { makeDirs: true, permissions: 0o600 });
    expect(await client.pullText(path)).toBe('grün\r\n--boundary\n');
    expect(await client.list(path)).toEqual([
      expect.objectContaining({ path, name: 'config.yaml', type: 'file', size: 18, permissions: 0o600 }),
    ]);
    await client.push(path, '');
    expect(await client.pull(path)).toEqual(Buffer.alloc(0));
  });

  test('5 MB of binary data survive both ways, from memory and from a stream', async () => {
    const data = randomBytes(5_000_000);
    const path = join(pebble.dir, 'big.bin');
    await client.push(path, data);
    expect((await client.pull(path)).equals(data)).toBe(true);
    await client.push(path, Readable.from([data.subarray(0, 1_000_000), data.subarray(1_000_000)]));
    expect((await client.pull(path)).equals(data)).toBe(true);
  });

  test('a push whose source breaks leaves the old file', async () => {
    const path = join(pebble.dir, 'kept');
    await client.push(path, 'old');
    const broken = Readable.from(
      (async function* () {
        yield 'new';
        throw new Error('the source is gone');
      })(),
    );
    await expect(client.push(path, broken)).rejects.toThrow('the source is gone');
    expect(await client.pullText(path)).toBe('old');
  });

  test('directories are made, listed by pattern, and removed', async () => {
    const dir = join(pebble.dir, 'tree', 'deep');
    await client.makeDir(dir, { makeParents: true, permissions: 0o750 });
    await client.makeDir(dir, { makeParents: true });
    for (const name of ['a.yaml', 'b.yaml', 'c.txt']) await client.push(join(dir, name), name);
    const names = async (pattern?: string) =>
      (await client.list(dir, pattern === undefined ? {} : { pattern })).map(({ name }) => name);
    expect(await names()).toEqual(['a.yaml', 'b.yaml', 'c.txt']);
    expect(await names('*.yaml')).toEqual(['a.yaml', 'b.yaml']);
    expect(await names('nothing')).toEqual([]);
    expect(await client.list(dir, { itself: true })).toEqual([
      expect.objectContaining({ path: dir, type: 'directory', permissions: 0o750 }),
    ]);
    expect(await client.exists(dir)).toBe(true);
    expect(await failure(client.remove(dir))).toMatchObject({
      name: 'PathError',
      kind: 'generic-file-error',
    });
    await client.remove(dir, { recursive: true });
    await client.remove(dir, { recursive: true });
    expect(await client.exists(dir)).toBe(false);
  });

  test('every kind of file is told from the others, and a link from what it leads to', async () => {
    const dir = join(pebble.dir, 'kinds');
    await client.makeDir(join(dir, 'directory'), { makeParents: true });
    await client.push(join(dir, 'file'), 'abc');
    const script = 'ln -s file symlink && ln -s nowhere broken && mkfifo named-pipe';
    await (await client.exec(['sh', '-c', script], { workingDir: dir })).wait();
    const kinds = (await client.list(dir)).map(({ name, type, size }) => [name, type, size]);
    expect(kinds).toEqual([
      ['broken', 'symlink', undefined],
      ['directory', 'directory', undefined],
      ['file', 'file', 3],
      ['named-pipe', 'named-pipe', undefined],
      ['symlink', 'symlink', undefined],
    ]);
    expect((await client.list('/dev/null'))[0]?.type).toBe('device');
    expect((await client.list(pebble.socketPath))[0]?.type).toBe('socket');
    expect(await client.exists(join(dir, 'broken'))).toBe(false);
    expect(await client.isDir(join(dir, 'symlink'))).toBe(false);
    expect(await client.pullText(join(dir, 'symlink'))).toBe('abc');
    expect(await failure(client.pull(join(dir, 'broken')))).toMatchObject({ kind: 'not-found' });
  });

  test.runIf(process.getuid?.() === 0)('files and directories belong to whom they are given', async () => {
    const dir = join(pebble.dir, 'owned');
    await client.makeDir(join(dir, 'deep'), { makeParents: true, userId: 1_234, groupId: 2_345 });
    await client.push(join(dir, 'deep', 'file'), 'x', {
      user: 'nobody',
      group: 'nogroup',
      permissions: 0o640,
    });
    await client.push(join(dir, 'new', 'file'), 'x', { makeDirs: true, userId: 1_234, groupId: 2_345 });
    const owner = async (...names: string[]) => {
      const [info] = await client.list(join(dir, ...names), { itself: true });
      return [info?.user ?? info?.userId, info?.group ?? info?.groupId];
    };
    expect(await owner('deep')).toEqual([1_234, 2_345]);
    expect(await owner('deep', 'file')).toEqual(['nobody', 'nogroup']);
    expect(await owner('new')).toEqual([1_234, 2_345]);
    expect(await owner('new', 'file')).toEqual([1_234, 2_345]);
    await client.push(join(dir, 'named'), 'x', { user: 'nobody' });
    expect(await owner('named')).toEqual(['nobody', 'nogroup']);
    const unknown = client.push(join(dir, 'unknown'), 'x', { userId: 1_234 });
    expect(await failure(unknown)).toMatchObject({
      pebbleMessage: 'cannot look up user and group: user: unknown userid 1234',
    });
  });

  test('a path that is not there is a path error of kind not-found', async () => {
    const path = join(pebble.dir, 'missing', 'file');
    const calls = [
      client.pull(path),
      client.push(path, 'text'),
      client.list(path),
      client.makeDir(path),
      client.remove(path),
    ];
    for (const error of await Promise.all(calls.map(failure))) {
      expect(error).toBeInstanceOf(PathError);
      expect(error).toMatchObject({ kind: 'not-found', path });
      expect(String(error)).toContain('no such file or directory');
    }
    expect(await client.exists(path)).toBe(false);
  });

  test('what is no regular file, no absolute path, or no permission is refused', async () => {
    expect(await failure(client.pull(pebble.dir))).toMatchObject({ kind: 'generic-file-error' });
    expect(await failure(client.push('relative', ''))).toMatchObject({
      kind: 'generic-file-error',
      pebbleMessage: expect.stringContaining('absolute'),
    });
    expect(await failure(client.push('/tmp/a\r\nb', ''))).toBeInstanceOf(PathError);
    const mode = client.push(join(pebble.dir, 'mode'), '', { permissions: 0o1777 });
    expect(await failure(mode)).toMatchObject({ pebbleMessage: expect.stringContaining('3-digit octal') });
    const owner = client.push(join(pebble.dir, 'owner'), '', { user: 'nobody-of-this-name', group: 'none' });
    expect(await failure(owner)).toMatchObject({ kind: 'generic-file-error' });
  });
});

// ops: 192, 193, 203
describe('notices', () => {
  test('are recorded, counted, filtered and waited for', async () => {
    const id = await client.notify('example.com/backup', { data: { size: '1' }, repeatAfterMs: 3_600_000 });
    expect(await client.notify('example.com/backup', { data: { size: '2' } })).toBe(id);
    const notice = await client.notice(id);
    expect(notice).toMatchObject({
      id,
      type: 'custom',
      key: 'example.com/backup',
      occurrences: 2,
      lastData: { size: '2' },
      expireAfterMs: 7 * 24 * 3_600_000,
    });
    expect(
      await client.notices({ types: ['custom'], keys: ['example.com/backup', 'example.com/x'] }),
    ).toEqual([notice]);
    expect(await client.notices({ keys: ['example.com/x'] })).toEqual([]);
    expect((await client.notices({ allUsers: true, types: ['change-update'] })).length).toBeGreaterThan(0);

    const next = client.notices({ types: ['custom'], after: notice.lastRepeated, waitMs: 20_000 });
    const other = await client.notify('example.com/other');
    expect((await next).map((each) => each.id)).toEqual([other]);
    const last = (await next)[0]?.lastRepeated ?? '';
    expect(await client.notices({ types: ['custom'], after: last, waitMs: 10 })).toEqual([]);
  });

  test('a bad key or an unknown id is refused', async () => {
    expect(await failure(client.notify('nodomain'))).toMatchObject({ name: 'ApiError', statusCode: 400 });
    expect(await failure(client.notice('987654'))).toMatchObject({ name: 'ApiError', statusCode: 404 });
  });
});

// ops: 194
describe('identities', () => {
  test('are given, read back without their secrets, and taken away', async () => {
    const password = '$6$salt$hash';
    await client.replaceIdentities({
      scraper: { access: 'metrics', basic: { password } },
      helper: { access: 'read', local: { userId: 4_242 } },
    });
    expect(await client.identities()).toMatchObject({
      scraper: { access: 'metrics', basic: { password: '*****' } },
      helper: { access: 'read', local: { userId: 4_242 } },
    });
    await client.replaceIdentities({ helper: null });
    await client.removeIdentities(['scraper']);
    expect(await client.identities()).toEqual({});
    expect(await failure(client.removeIdentities(['scraper']))).toBeInstanceOf(ApiError);
  });
});

// ops: 169, 194, 195
test('metrics are for who has an identity that may read them, also over HTTP', async () => {
  const httpPort = await freePort();
  const other = await realPebble({ httpPort });
  try {
    const url = `http://127.0.0.1:${httpPort}/v1/metrics`;
    // The hash of the word "secret", by sha512-crypt.
    const password =
      '$6$saltsalt$TVLlQcbpFVof5W3Yz4DTP6gRstiNuHwwTt6GLc1E5n0U0aDehy0S5knV8wiOQSpT0Y77vwPZN.Pq.H91p5hVO1';
    await other.client.addLayer('web', {
      services: { web: { override: 'replace', command: 'sleep 1000' } },
    });
    await other.client.start(['web']);
    await other.client.addIdentities({
      scraper: { access: 'metrics', basic: { password } },
      guest: { access: 'untrusted', basic: { password } },
    });
    expect((await other.client.systemInfo()).httpAddress).toBe(`127.0.0.1:${httpPort}`);
    const ask = async (user?: string) =>
      fetch(url, { headers: user === undefined ? {} : { authorization: `Basic ${btoa(user)}` } });
    expect((await ask()).status).toBe(401);
    expect((await ask('scraper:wrong')).status).toBe(401);
    expect((await ask('guest:secret')).status).toBe(401);
    const answer = await ask('scraper:secret');
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain('pebble_service_active{service="web"} 1');
  } finally {
    await other.remove();
  }
});

// ops: 165, 166, 196
describe('a container that goes away', () => {
  test('whoever waits hears of it at once, and the same client works when it is back', async () => {
    const other = await realPebble();
    try {
      const process = await other.client.exec(['sleep', '1000']);
      const ends = [
        other.client.waitChange(process.changeId),
        process.output(),
        other.client.notices({ types: ['custom'], waitMs: 60_000 }),
      ].map(failure);
      await other.client.services();
      await other.kill();
      for (const error of await Promise.all(ends)) {
        expect(error).toBeInstanceOf(ConnectionError);
        expect(String(error)).toContain(other.socketPath);
        expect(String(error)).toContain('restarting');
      }
      expect(await other.client.canConnect()).toBe(false);
      await other.start();
      expect(await other.client.services()).toEqual([]);
    } finally {
      await other.remove();
    }
  });

  test('a script that ran a command and stops there ends by itself', async () => {
    const script = `
      import { PebbleClient } from 'charmwright/pebble';
      const client = new PebbleClient({ socketPath: process.env.SOCKET });
      await (await client.exec(['true'])).wait();
      const unwatched = await client.exec(['true']);
      await client.services();
      console.log('done', unwatched.changeId !== '');
    `;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      env: { SOCKET: pebble.socketPath },
      timeout: 60_000,
    });
    expect(stdout).toBe('done true\n');
  });
});
