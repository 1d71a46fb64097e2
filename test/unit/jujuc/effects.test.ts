/** What calls leave behind: wishes that wait for the hook's end, and effects that cannot be taken back. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hook } from './world.ts';

const NOTHING = {
  relationUnit: {},
  relationApp: {},
  stateSet: {},
  stateDelete: [],
  openPorts: [],
  closePorts: [],
  secrets: [],
  storageAdd: {},
};

test('a hook that only reads leaves nothing to commit and no effect', () => {
  const quiet = hook();
  for (const tool of ['config-get', 'is-leader', 'opened-ports', 'state-get', 'goal-state', 'status-get'])
    quiet.run(tool);
  expect(quiet.pending()).toEqual(NOTHING);
  expect(quiet.effects).toEqual([]);
});

describe('relation data', () => {
  test('writes wait for the end, and the hook reads them back', () => {
    const web = hook();
    web.run('relation-set', '-r', '4', 'url=http://a', 'ingress-address=');
    web.run('relation-set', '-r', '4', '--app', 'database=other');
    expect(web.json('relation-get', '-r', '4', '-', 'web/0')).toEqual({ url: 'http://a' });
    expect(web.json('relation-get', '-r', '4', '--app', '-', 'web')).toEqual({ database: 'other' });
    expect(web.pending()).toEqual({
      ...NOTHING,
      relationUnit: { 4: { url: 'http://a', 'ingress-address': '' } },
      relationApp: { 4: { database: 'other' } },
    });
  });

  test('writing what is already there is no change', () => {
    const web = hook();
    web.run('relation-set', '-r', '4', 'ingress-address=10.1.0.5', 'absent=');
    web.run('relation-set', '-r', '4', '--app', 'database=other');
    web.run('relation-set', '-r', '4', '--app', 'database=web');
    expect(web.pending()).toEqual(NOTHING);
  });

  test('a file on standard input is asked for only when it is needed, and arguments override it', () => {
    const web = hook();
    expect(web.call('relation-set', ['-r', '4', '--file', '-'])).toMatchObject({ code: 0, needStdin: true });
    expect(web.pending()).toEqual(NOTHING);
    web.withStdin(
      'a: 1\nb: true\nc: "x"\nd:\n__proto__: p\n',
      'relation-set',
      '-r',
      '4',
      '--file',
      '-',
      'c=y',
    );
    const changes = web.pending().relationUnit[4];
    expect(Object.entries(changes ?? {})).toEqual([
      ['a', '1'],
      ['b', 'true'],
      ['c', 'y'],
      ['__proto__', 'p'],
    ]);
  });

  test.each([
    ['- a\n- b\n', 'a list'],
    ['a: {b: c}\n', 'a map within the map'],
    ['a: [', 'not YAML'],
  ])('a file that is no map of strings is refused: %j (%s)', (text) => {
    const web = hook();
    expect(web.withStdin(text, 'relation-set', '-r', '4', '--file', '-')).toMatch(/^\[1\] ERROR yaml: /);
    expect(web.pending()).toEqual(NOTHING);
  });

  test('a databag of 16 MB goes through', () => {
    const web = hook();
    const big = 'x'.repeat(8_000_000);
    expect(
      web.withStdin(JSON.stringify({ one: big, two: big }), 'relation-set', '-r', '4', '--file', '-'),
    ).toBe('');
    expect(web.json('relation-get', '-r', '4', 'two', 'web/0')).toHaveLength(8_000_000);
  });
});

describe('charm state', () => {
  test('an empty string is a value, and only state-delete deletes', () => {
    const web = hook();
    web.run('state-set', 'empty=', 'size=10');
    web.run('state-delete', 'colour');
    web.run('state-delete', 'never-there');
    expect(web.json('state-get')).toEqual({ empty: '', size: '10' });
    expect(web.pending()).toMatchObject({ stateSet: { empty: '', size: '10' }, stateDelete: ['colour'] });
  });

  test('setting the same value, or setting and deleting, is no change', () => {
    const web = hook();
    web.run('state-set', 'colour=red', 'new=1');
    web.run('state-delete', 'new');
    web.run('state-delete', 'colour');
    web.run('state-set', 'colour=red');
    expect(web.pending()).toEqual(NOTHING);
  });

  test('a missing key prints nothing, or fails when asked to be strict', () => {
    const web = hook();
    expect(web.run('state-get', 'nope')).toBe('');
    expect(web.json('state-get', 'nope')).toBe('');
    expect(web.run('state-get', '--strict', 'nope')).toBe('[1] ERROR "nope" not found');
    expect(hook({ state: {} }).json('state-get')).toEqual({});
  });

  test('keys over 256 bytes and values over 64 KiB are refused, and nothing of that call is kept', () => {
    const web = hook();
    expect(web.run('state-set', 'ok=1', `k=${'v'.repeat(65_537)}`)).toContain('quota limit exceeded');
    expect(web.run('state-set', `${'k'.repeat(257)}=v`)).toContain('quota limit exceeded');
    expect(web.pending()).toEqual(NOTHING);
    expect(web.withStdin(JSON.stringify({ k: 'v'.repeat(65_536) }), 'state-set', '--file', '-')).toBe('');
  });
});

test('ports open and close at the end; asking for what is so already is no change', () => {
  const web = hook();
  web.run('open-port', '9009');
  web.run('open-port', '53/udp');
  web.run('open-port', '80');
  web.run('close-port', '80/tcp');
  web.run('close-port', '4444');
  expect(web.json('opened-ports')).toEqual(['9009/tcp', '53/udp']);
  expect(web.pending()).toMatchObject({ openPorts: ['9009/tcp', '53/udp'], closePorts: ['80/tcp'] });
});

test('storage to add is counted up', () => {
  const web = hook();
  web.run('storage-add', 'data');
  web.run('storage-add', 'data=2');
  expect(web.pending().storageAdd).toEqual({ data: 3 });
});

test('statuses and versions take effect at once and can be read back', () => {
  const web = hook();
  web.run('status-set', 'maintenance', 'moving house');
  web.run('status-set', '--application', 'waiting', 'for db');
  web.run('application-version-set', '3.0.1');
  expect(web.effects).toEqual([
    { kind: 'unit-status', value: { status: 'maintenance', message: 'moving house' } },
    { kind: 'app-status', value: { status: 'waiting', message: 'for db' } },
    { kind: 'version', version: '3.0.1' },
  ]);
  expect(web.json('status-get', '--application', '--include-data')).toMatchObject({
    'application-status': { status: 'waiting', units: { 'web/0': { message: 'moving house' } } },
  });
});

test('log lines keep dashes, name the relation, and an unknown level is INFO with a warning', () => {
  const relation = { endpoint: 'db', id: 4, remoteApp: 'pg' };
  const web = hook({}, { hook: 'db-relation-broken', relation });
  web.run('juju-log', '-l', 'debug', '--', '--starts', 'oddly');
  web.run('juju-log', '--log-level=LOUD', 'hello');
  expect(web.effects).toEqual([
    { kind: 'log', level: 'DEBUG', message: 'db:4: --starts oddly' },
    { kind: 'log', level: 'WARNING', message: 'Specified log level of "LOUD" is not valid' },
    { kind: 'log', level: 'INFO', message: 'db:4: hello' },
  ]);
});

test('action results nest by their dots and grow with every call', () => {
  const action = hook({}, { hook: '', action: { name: 'greet', params: {} } });
  action.run('action-set', 'a.b=1', 'c=2');
  action.run('action-set', 'a.d=3', 'c.e=4');
  action.run('action-log', 'two', 'words');
  action.run('action-fail');
  expect(action.effects.slice(1)).toEqual([
    { kind: 'action-set', results: { a: { b: '1', d: '3' }, c: { e: '4' } } },
    { kind: 'action-log', message: 'two words' },
    { kind: 'action-fail', message: 'action failed without reason given, check action for errors' },
  ]);
});

test('leader settings are written at once, by the leader only', () => {
  const web = hook({ leaderSettings: { old: '1' } });
  web.run('leader-set', 'old=', 'new=2');
  expect(web.json('leader-get')).toEqual({ new: '2' });
  expect(web.effects).toEqual([{ kind: 'leader-set', settings: { old: '', new: '2' } }]);
  expect(hook({ leader: false }).run('leader-set', 'a=b')).toContain('cannot write leadership settings: ');
});

test('a reboot is noted for the end of the hook', () => {
  const web = hook();
  web.run('juju-reboot', '--now');
  expect(web.pending().reboot).toBe('now');
});

describe('files', () => {
  let dir = '';
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'jujuc-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  test('are found from the caller’s own folder, and -o writes there', () => {
    writeFileSync(join(dir, 'bag.yaml'), 'a: b\n');
    const web = hook({}, { hook: 'start' }, dir);
    expect(web.run('relation-set', '-r', '4', '--file', 'bag.yaml')).toBe('');
    expect(web.pending().relationUnit).toEqual({ 4: { a: 'b' } });
    expect(web.run('config-get', '-o', 'out.json', '--format=json')).toBe('');
    expect(readFileSync(join(dir, 'out.json'), 'utf8')).toBe('{"debug":false,"port":80}\n');
  });

  test('carry secrets by #file and --file', () => {
    writeFileSync(join(dir, 'cert'), '-----BEGIN\n');
    writeFileSync(join(dir, 'all.yaml'), 'password: from-file\nraw#base64: AAH/\n');
    const web = hook({}, { hook: 'start' }, dir);
    web.run('secret-add', 'cert#file=cert', 'password=argument', '--file=all.yaml');
    const id = 'secret:c0000000000000000001';
    expect(web.json('secret-get', id)).toMatchObject({ cert: '-----BEGIN\n', password: 'from-file' });
    expect(web.run('secret-get', id, 'raw#base64')).toBe('AAH/\n');
  });
});

test('--help says what a tool is for', () => {
  expect(hook().run('relation-set', '--help')).toMatch(/^Usage: relation-set [\s\S]*-r, --relation/);
});
