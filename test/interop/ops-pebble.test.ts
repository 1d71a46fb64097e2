/** Canonical's `ops` and charmwright on one real Pebble: what they say and do is the same. */
import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type PebbleClient, PebbleError } from 'charmwright/pebble';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RealPebble, realPebble } from '../local/support/real-pebble.ts';
import { pythonLibrary } from '../support/pypi.ts';

const run = promisify(execFile);

let pebble: RealPebble;
let client: PebbleClient;
let library: string;
let folder: string;

beforeAll(async () => {
  library = await pythonLibrary('ops', '3.9.0');
  pebble = await realPebble();
  client = pebble.client;
  folder = await mkdtemp(join(tmpdir(), 'ops-pebble-'));
  await mkdir(join(folder, 'src/bar/empty'), { recursive: true });
  await writeFile(join(folder, 'src/bar/baz.txt'), 'baz');
  await writeFile(join(folder, 'src/top.txt'), 'top');
  await chmod(join(folder, 'src/top.txt'), 0o600);
  await symlink('../top.txt', join(folder, 'src/bar/link.txt'));
  await writeFile(join(folder, 'quux.txt'), 'quux');
});

afterAll(async () => {
  await pebble?.remove();
  await rm(folder, { recursive: true, force: true });
});

/** What a few lines with `ops` print as JSON; `container` and `client` are on the Pebble of the test. */
async function ops(lines: string): Promise<unknown> {
  const script = [
    'import json, sys',
    'import ops, ops.pebble',
    'client = ops.pebble.Client(sys.argv[1])',
    'from types import SimpleNamespace as Stub',
    "backend = Stub(_juju_context=Stub(version=ops.JujuVersion('3.6.14')))",
    "container = ops.Container('web', backend, pebble_client=client)",
    lines,
  ].join('\n');
  const { stdout } = await run('python3', ['-c', script, pebble.socketPath], {
    env: { ...process.env, PYTHONPATH: library },
  });
  return JSON.parse(stdout);
}

/** Every path with its permissions and what is in it. */
async function tree(dir: string): Promise<readonly string[]> {
  const entries = await readdir(dir, { recursive: true });
  const described = entries.toSorted().map(async (entry) => {
    const path = join(dir, entry);
    const { mode, uid } = await stat(path);
    const isDir = (await stat(path)).isDirectory();
    return `${entry} ${(mode & 0o777).toString(8)} ${uid} ${isDir ? 'directory' : await readFile(path, 'utf8')}`;
  });
  return Promise.all(described);
}

// ops: 199, 200
describe('whole directories', () => {
  const shapes = [
    ['src'],
    ['src/'],
    ['src/*'],
    ['src/bar', 'quux.txt'],
    ['src/top.txt'],
    ['src/bar/*', 'src'],
  ];

  test.each(
    shapes.map((sources) => [sources.join(' '), sources] as const),
  )('%s goes the same way', async (_, sources) => {
    const paths = JSON.stringify(sources.map((source) => `${folder}/${source}`));
    const [theirs, ours] = await Promise.all(['theirs', 'ours'].map((name) => mkdtemp(join(folder, name))));
    await ops(`container.push_path(${paths}, '${theirs}/up')\nprint(json.dumps(0))`);
    await client.pushPath(JSON.parse(paths), `${ours}/up`);
    // ops gives a link's copy the link's own permissions, so that everybody may write to it; here it gets its file's.
    const opened = (path: string) => path.replace(/(link\.txt) 777/, '$1 600');
    expect(await tree(`${ours}/up`)).toEqual((await tree(`${theirs}/up`)).map(opened));
    await ops(`container.pull_path(${paths}, '${theirs}/down')\nprint(json.dumps(0))`);
    await client.pullPath(JSON.parse(paths), `${ours}/down`);
    expect(await tree(`${ours}/down`)).toEqual(await tree(`${theirs}/down`));
  });
});

// ops: 174, 175, 176, 191, 198, 205, 207, 211
test('the same layer gives the same plan, services, checks and changes to both', async () => {
  await client.addLayer('ours', {
    services: {
      web: { override: 'replace', command: 'sleep 1000', startup: 'enabled', environment: { A: 'ä' } },
    },
    checks: { up: { override: 'replace', level: 'alive', period: '90s', exec: { command: 'true' } } },
  });
  const { id } = await client.start(['web']);
  const [theirs] = [
    await ops(`
info = container.get_service('web')
check = container.get_check('up')
change = client.get_change(ops.pebble.ChangeID('${id}'))
print(json.dumps({
    'plan': client.get_plan().to_dict(),
    'service': [info.name, info.startup.value, info.current.value, info.is_running()],
    'check': [check.name, check.level.value, check.startup.value, check.status.value, check.threshold, check.change_id],
    'change': [change.id, change.kind, change.summary, change.status, change.ready, change.err],
}))`),
  ];
  const [plan, service, check, change] = await Promise.all([
    client.plan(),
    client.service('web'),
    client.check('up'),
    client.change(id),
  ]);
  expect({
    plan: { services: plan.services, checks: plan.checks },
    service: [service.name, service.startup, service.current, service.current === 'active'],
    check: [check.name, check.level, check.startup, check.status, check.threshold, check.changeId],
    change: [change.id, change.kind, change.summary, change.status, change.ready, change.err ?? null],
  }).toEqual(theirs);
});

// ops: 166, 167, 168, 182, 188
test('what fails for one fails for the other, in the same words of Pebble', async () => {
  const theirs = await ops(`
def failure(call):
    try:
        call()
    except ops.pebble.PathError as error:
        return ['PathError', error.kind, error.message]
    except ops.pebble.APIError as error:
        return ['ApiError', error.code, error.message]
    except ops.pebble.ExecError as error:
        return ['ExecError', error.exit_code, error.stdout, error.stderr]
print(json.dumps([
    failure(lambda: container.pull('${folder}/none')),
    failure(lambda: container.remove_path('${folder}/none')),
    failure(lambda: container.start('none')),
    failure(lambda: container.exec(['no-such-program'])),
    failure(lambda: container.exec(['sh', '-c', 'echo out; echo err >&2; exit 3']).wait_output()),
    failure(lambda: client.get_notice('999')),
]))`);
  const failure = async (call: () => Promise<unknown>): Promise<readonly unknown[]> => {
    try {
      await call();
      return [];
    } catch (error) {
      if (!(error instanceof PebbleError)) throw error;
      const { name, kind, pebbleMessage, statusCode, exitCode, stdout, stderr } = {
        kind: 0,
        ...error,
        name: error.name,
      } as {
        readonly name: string;
        readonly [key: string]: unknown;
      };
      if (name === 'PathError') return [name, kind, pebbleMessage];
      return name === 'ApiError' ? [name, statusCode, pebbleMessage] : [name, exitCode, stdout, stderr];
    }
  };
  const ours = [
    await failure(() => client.pull(`${folder}/none`)),
    await failure(() => client.remove(`${folder}/none`)),
    await failure(() => client.start(['none'])),
    await failure(() => client.exec(['no-such-program'])),
    await failure(async () => (await client.exec(['sh', '-c', 'echo out; echo err >&2; exit 3'])).output()),
    await failure(() => client.notice('999')),
  ];
  expect(ours).toEqual(theirs);
});

// ops: 192, 193, 194
test('notices and identities that one writes, the other reads', async () => {
  const id = await client.notify('example.com/ours', { data: { size: '3' }, repeatAfterMs: 60_000 });
  await client.addIdentities({ reader: { access: 'read', local: { userId: 4_242 } } });
  expect(
    await ops(`
notice = container.get_notice('${id}')
container.pebble.notify(ops.pebble.NoticeType.CUSTOM, 'example.com/theirs', data={'k': 'v'})
identity = client.get_identities()['reader']
client.replace_identities({'reader': None, 'writer': ops.pebble.Identity(access=ops.pebble.IdentityAccess.ADMIN, local=ops.pebble.LocalIdentity(user_id=4243))})
print(json.dumps([notice.key, notice.last_data, notice.occurrences, notice.repeat_after.total_seconds(), identity.access.value, identity.local.user_id]))`),
  ).toEqual(['example.com/ours', { size: '3' }, 1, 60, 'read', 4_242]);
  expect(await client.notices({ keys: ['example.com/theirs'] })).toMatchObject([{ lastData: { k: 'v' } }]);
  expect(await client.identities()).toEqual({ writer: { access: 'admin', local: { userId: 4_243 } } });
});
