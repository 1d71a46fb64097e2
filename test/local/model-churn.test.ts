import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stateful, TestModel, type TinyCharm, unitStatus, writeCharm } from './tiny-charm.ts';

let model: TestModel;

beforeAll(async () => {
  model = await TestModel.open();
  await model.deploy(stateful, { units: 2 });
  for (const unit of ['stateful/0', 'stateful/1']) await model.heard(unit, 'hooks/web-pebble-ready');
  await model.settled();
});

afterAll(async () => {
  await model.destroy();
});

describe('churn', () => {
  test('a killed pod comes back as on Kubernetes: its volume kept, its containers fresh', async () => {
    await model.ssh('stateful/0', 'web', ['/bin/sh', '-c', 'cat > /data/note; touch /root/lost'], 'kept');
    const before = (await model.journal('stateful/0')).length;
    await model.client.call('kill-pod', { unit: 'stateful/0' });
    await model.heard('stateful/0', 'hooks/upgrade-charm');
    await model.heard('stateful/0', 'hooks/web-pebble-ready', 2);
    await model.settled();
    expect((await model.journal('stateful/0')).slice(before)).toEqual([
      'hooks/upgrade-charm',
      'hooks/config-changed',
      'hooks/start',
      'hooks/web-pebble-ready',
    ]);
    expect(await model.ssh('stateful/0', 'web', ['/bin/cat', '/data/note'])).toBe('kept');
    await expect(model.ssh('stateful/0', 'web', ['/bin/cat', '/root/lost'])).rejects.toThrow('No such file');
  });

  test('a deleted pod is asked to end, and its charm runs stop meanwhile', async () => {
    const before = (await model.journal('stateful/0')).length;
    await model.client.call('delete-pod', { unit: 'stateful/0' });
    await model.heard('stateful/0', 'hooks/web-pebble-ready', 3);
    await model.settled();
    expect((await model.journal('stateful/0')).slice(before)).toEqual([
      'hooks/stop',
      'hooks/upgrade-charm',
      'hooks/config-changed',
      'hooks/start',
      'hooks/web-pebble-ready',
    ]);
    expect(await model.ssh('stateful/0', 'web', ['/bin/cat', '/data/note'])).toBe('kept');
  });

  test('a killed Pebble is started again and says pebble-ready, and nothing else', async () => {
    const before = (await model.journal('stateful/1')).length;
    await model.client.call('kill-container', { unit: 'stateful/1', container: 'web' });
    await model.heard('stateful/1', 'hooks/web-pebble-ready', 2);
    expect((await model.journal('stateful/1')).slice(before)).toEqual(['hooks/web-pebble-ready']);
  });

  test('a Pebble that does not answer any more fails its liveness probe and is started again', async () => {
    const pebbles = processes(
      (_words, env) => env.includes('HOSTNAME=stateful-0') && env.includes('JUJU_CONTAINER_NAME=web'),
    );
    // Another test may have a unit of this name in a model of its own.
    const [pebble = 0] = pebbles.filter((pid) => commandOf(pid)[0] === '/charm/bin/pebble' && isOfModel(pid));
    const before = (await model.journal('stateful/0')).length;
    process.kill(pebble, 'SIGSTOP');
    await model.heard('stateful/0', 'hooks/web-pebble-ready', 4);
    expect((await model.journal('stateful/0')).slice(before)).toEqual(['hooks/web-pebble-ready']);
  });

  test('a charm container that dies alone starts again with its files, and hears of its Pebbles anew', async () => {
    await model.exec('stateful/1', 'touch by-the-charm');
    const before = (await model.journal('stateful/1')).length;
    await model.client.call('kill-container', { unit: 'stateful/1', container: 'charm' });
    await model.heard('stateful/1', 'hooks/web-pebble-ready', 3);
    expect((await model.journal('stateful/1')).slice(before)).toEqual([
      'hooks/start',
      'hooks/web-pebble-ready',
    ]);
    expect(await model.exec('stateful/1', 'ls by-the-charm')).toBe('by-the-charm\n');
  });

  test('a refresh stops each unit, upgrades its charm and starts it again, the last unit first', async () => {
    const before = (await model.journal('stateful/1')).length;
    const charm = await writeCharm(model.folder, { ...stateful, script: 'status-set active new' });
    await model.client.call('refresh', { application: 'stateful', charm });
    await model.heard('stateful/0', 'hooks/web-pebble-ready', 5);
    await model.heard('stateful/1', 'hooks/web-pebble-ready', 4);
    const status = await model.settled();
    expect((await model.journal('stateful/1')).slice(before, before + 4)).toEqual([
      'hooks/stop',
      'hooks/upgrade-charm',
      'hooks/config-changed',
      'hooks/start',
    ]);
    expect(status.applications.stateful).toMatchObject({ charm: 'local:stateful-1' });
    expect(unitStatus(status, 'stateful/0')).toMatchObject({ current: 'active', message: 'new' });
  });

  test('kill -9 of the daemon loses nothing: the next client goes on with the model', async () => {
    await model.exec('stateful/1', 'state-set kept=yes');
    process.kill(daemonPid(model.modelDir), 'SIGKILL');
    model = await model.reopen();
    await model.heard('stateful/1', 'hooks/web-pebble-ready', 5);
    await model.heard('stateful/0', 'hooks/web-pebble-ready', 6);
    await model.settled();
    expect(await model.exec('stateful/1', 'state-get kept')).toBe('yes\n');
    expect(await model.ssh('stateful/0', 'web', ['/bin/cat', '/data/note'])).toBe('kept');
    const journal = await model.journal('stateful/1');
    expect(journal.slice(-4)).toEqual([
      'hooks/upgrade-charm',
      'hooks/config-changed',
      'hooks/start',
      'hooks/web-pebble-ready',
    ]);
  });
});

/** The daemon is found as an operator would find it: by its command line. */
function daemonPid(modelDir: string): number {
  const [pid] = processes((words) => words.includes(modelDir) && words[0] === process.execPath);
  if (pid === undefined) throw new Error('the daemon does not run');
  return pid;
}

/** Its container has folders of the model in it. */
function isOfModel(pid: number): boolean {
  return wordsOf(`/proc/${pid}/mountinfo`).join().includes(basename(model.folder));
}

function processes(wanted: (command: string[], environment: string[]) => boolean): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => wanted(commandOf(pid), wordsOf(`/proc/${pid}/environ`)));
}

function commandOf(pid: number): string[] {
  return wordsOf(`/proc/${pid}/cmdline`);
}

/** Processes come and go while they are looked at. */
function wordsOf(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\0');
  } catch {
    return [];
  }
}

const slow: TinyCharm = {
  name: 'slow',
  metadata: 'containers: {web: {}}\n',
  config: 'options:\n  seconds: {type: int, default: 0}\n',
  actions: 'wait: {}\n',
  script: `
case "$DISPATCH" in
  hooks/config-changed)
    state-set "begun=$(config-get seconds)"
    sleep "$(config-get seconds)"
    state-set done=yes ;;
  actions/wait) action-log waiting; sleep 600 ;;
esac`,
};

describe('a pod that is killed', () => {
  test('while a hook runs: the hook has done nothing, and runs again in the new pod', async () => {
    await model.deploy(slow);
    await model.heard('slow/0', 'hooks/web-pebble-ready');
    await model.settled();
    await model.client.call('set-config', { application: 'slow', values: { seconds: '600' } });
    await model.heard('slow/0', 'hooks/config-changed', 2);
    await model.client.call('kill-pod', { unit: 'slow/0' });
    await model.heard('slow/0', 'hooks/upgrade-charm');
    await model.heard('slow/0', 'hooks/config-changed', 3);
    await model.client.call('kill-pod', { unit: 'slow/0' });
    await model.client.call('set-config', { application: 'slow', values: { seconds: '0' } });
    await model.heard('slow/0', 'hooks/start', 2);
    await model.settled();
    expect(JSON.parse(await model.exec('slow/0', 'state-get --format json'))).toEqual({
      begun: '0',
      done: 'yes',
    });
  });

  test('while an action runs: the action has failed', async () => {
    const { tasks } = await model.client.call('run', { units: ['slow/0'], action: 'wait' });
    const id = tasks[0]?.id ?? '';
    await model.client.call('task', { id, wait: 60, logSeen: 0 });
    await model.client.call('kill-pod', { unit: 'slow/0' });
    expect(await model.client.waitTask(id)).toMatchObject({ status: 'failed', message: 'action terminated' });
    await model.settled();
  });
});

describe("a workload's Pebble", () => {
  const pebble = (...args: string[]) => model.ssh('slow/0', 'web', ['/bin/sh', '-c', PEBBLE, 'sh', ...args]);
  const PEBBLE = 'PEBBLE_SOCKET=/charm/container/pebble.socket exec /charm/bin/pebble "$@"';

  test('passes custom notices on to the charm', async () => {
    await pebble('notify', 'example.com/cake', 'flavour=lemon');
    const journal = await model.heard('slow/0', 'hooks/web-pebble-custom-notice');
    expect(journal.at(-1)).toBe('hooks/web-pebble-custom-notice');
  });

  test('says when a check fails, and when it has recovered', async () => {
    const layer = `checks:
  probe: {override: replace, period: 100ms, timeout: 80ms, threshold: 1, exec: {command: cat /tmp/healthy}}`;
    await model.ssh('slow/0', 'web', ['/bin/sh', '-c', 'cat > /tmp/layer.yaml'], layer);
    await pebble('add', 'probe', '/tmp/layer.yaml');
    await pebble('replan');
    await model.heard('slow/0', 'hooks/web-pebble-check-failed');
    await model.ssh('slow/0', 'web', ['/usr/bin/touch', '/tmp/healthy']);
    await model.heard('slow/0', 'hooks/web-pebble-check-recovered');
    await model.settled();
  });

  test('gives a terminal to who asks for one', async () => {
    let screen = '';
    const code = await model.client.ssh(
      {
        unit: 'slow/0',
        container: 'web',
        argv: ['/bin/sh', '-c', 'stty size; test -t 0'],
        terminal: { columns: 91, rows: 17 },
      },
      {
        stdout: (chunk) => {
          screen += chunk.toString();
        },
        stderr: () => {},
      },
    );
    expect(screen).toContain('17 91');
    expect(code).toBe(0);
  });
});
