/** The program that Juju starts, as a process with hook tools that are processes. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const MAIN = join(import.meta.dirname, '../../charms/hello/charm/main.ts');

/** Notes each call, and answers what a unit without anything would be told. */
const TOOL = `#!/bin/sh
echo "\${0##*/} $*" >> "$CALLS"
case "\${0##*/}" in
  state-get|config-get|relation-get) echo '{}' ;;
  is-leader) echo true ;;
  relation-ids|relation-list|opened-ports|storage-list) echo '[]' ;;
  network-get) echo '{}' ;;
esac
`;
const TOOLS = [
  'state-get',
  'state-set',
  'state-delete',
  'config-get',
  'is-leader',
  'relation-ids',
  'juju-log',
];
const MORE_TOOLS = ['status-set', 'network-get', 'opened-ports', 'open-port', 'application-version-set'];

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'run-'));
  await Promise.all(['bin', 'charm/hooks'].map((name) => mkdir(join(folder, name), { recursive: true })));
  for (const tool of [...TOOLS, ...MORE_TOOLS]) await script(`bin/${tool}`, TOOL);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function script(path: string, text: string, mode = 0o755): Promise<void> {
  await writeFile(join(folder, path), text);
  await chmod(join(folder, path), mode);
}

function environment(more: Readonly<Record<string, string>> = {}) {
  return {
    PATH: `${join(folder, 'bin')}:${process.env.PATH}`,
    CALLS: join(folder, 'calls'),
    JUJU_DISPATCH_PATH: 'hooks/update-status',
    JUJU_UNIT_NAME: 'hello/0',
    JUJU_MODEL_NAME: 'demo',
    JUJU_MODEL_UUID: 'a-b',
    JUJU_CHARM_DIR: join(folder, 'charm'),
    ...more,
  };
}

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly calls: string;
}

async function dispatch(more: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const env = environment(more);
  const ended = await new Promise<Omit<Ended, 'calls'>>((resolve) => {
    execFile(process.execPath, [MAIN], { env, cwd: join(folder, 'charm') }, (error, stdout, stderr) => {
      const code = error === null ? 0 : Number(error.code ?? 1);
      resolve({ code, stdout, stderr });
    });
  });
  return { ...ended, calls: await readFile(env.CALLS, 'utf8').catch(() => '') };
}

// ops: 1
test('one call runs the charm, and the exit code is 0', async () => {
  const { code, calls } = await dispatch();
  expect(code).toBe(0);
  expect(calls).toContain('state-get');
});

describe('a legacy hook', () => {
  // ops: 2, 6, 14.11
  test('runs first, with all that a hook has, and then the charm does', async () => {
    await script(
      'charm/hooks/update-status',
      '#!/bin/sh\necho "legacy $JUJU_UNIT_NAME" >> "$CALLS"; echo said\n',
    );
    const { code, calls, stdout } = await dispatch();
    expect(code).toBe(0);
    expect(stdout).toBe('said\n');
    expect(calls.split('\n').filter((line) => !line.startsWith('juju-log'))).toEqual(
      expect.arrayContaining(['legacy hello/0', 'state-get --format=json']),
    );
    expect(calls.indexOf('legacy')).toBeLessThan(calls.indexOf('state-get'));
    expect(calls).toContain('juju-log --log-level WARNING -- the charm has a legacy hook');
  });

  // ops: 6
  test('that fails ends the dispatch with its exit code, and the charm is not run', async () => {
    await script('charm/hooks/update-status', '#!/bin/sh\nexit 7\n');
    const { code, calls } = await dispatch();
    expect(code).toBe(7);
    expect(calls).not.toContain('state-get');
    expect(calls).toContain('exited with status 7');
  });

  // ops: 6
  test('that is not executable is left out with a warning', async () => {
    await script('charm/hooks/update-status', '#!/bin/sh\nexit 7\n', 0o644);
    const { code, calls } = await dispatch();
    expect(code).toBe(0);
    expect(calls).toContain('is not executable: it is left out');
  });

  // ops: 6
  test('that is a link to the charm itself is none', async () => {
    await chmod(MAIN, 0o755);
    await symlink(MAIN, join(folder, 'charm/hooks/update-status'));
    const { code, calls } = await dispatch();
    await chmod(MAIN, 0o644);
    expect(code).toBe(0);
    expect(calls.match(/state-get/g)).toHaveLength(1);
  });

  // ops: 5
  test('that calls dispatch again changes nothing: the dispatch that called it handles the event', async () => {
    const again = `#!/bin/sh\n${process.execPath} ${MAIN}; echo "inner $?" >> "$CALLS"\n`;
    await script('charm/hooks/update-status', again);
    const { code, calls } = await dispatch();
    expect(code).toBe(0);
    expect(calls).toContain('inner 0');
    expect(calls.match(/state-get/g)).toHaveLength(1);
  });
});

describe('JUJU_DEBUG_AT', () => {
  /** Resolves with the address of the inspector, or with what the process said instead. */
  function inspectorOf(child: ChildProcess): Promise<string> {
    return new Promise((resolve) => {
      let said = '';
      child.stderr?.on('data', (chunk: Buffer) => {
        said += chunk.toString();
        const url = /waits for a debugger at (ws:\S+)\./.exec(said)?.[1];
        if (url !== undefined) resolve(url);
      });
      child.on('close', () => resolve(`ended: ${said}`));
    });
  }

  // ops: 44
  test('stops the hook before its handler until a debugger is there and lets it go on', async () => {
    const env = environment({
      JUJU_DEBUG_AT: 'hook',
      CHARMWRIGHT_INSPECT: '127.0.0.1:0',
      JUJU_DISPATCH_PATH: 'hooks/start',
    });
    const child = spawn(process.execPath, [MAIN], { env, cwd: join(folder, 'charm') });
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
    try {
      const url = await inspectorOf(child);
      expect(url).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\//);
      const paused = await debug(url);
      expect(paused).toBe('stop'); // the function that holds the debugger statement
      expect(await ended).toBe(0);
    } finally {
      child.kill('SIGKILL');
    }
  });

  /** Attaches, lets the process run to its breakpoint, says where that is, and lets it go on. */
  async function debug(url: string): Promise<string> {
    const socket = new WebSocket(url);
    await new Promise((resolve) => socket.addEventListener('open', resolve));
    const paused = new Promise<string>((resolve) => {
      socket.addEventListener('message', ({ data }) => {
        const message: unknown = JSON.parse(String(data));
        const { method, params } = Object(message);
        if (method === 'Debugger.paused') resolve(String(params.callFrames[0].functionName));
      });
    });
    const say = (id: number, method: string) => socket.send(JSON.stringify({ id, method }));
    say(1, 'Debugger.enable');
    say(2, 'Runtime.enable');
    say(3, 'Runtime.runIfWaitingForDebugger');
    const where = await paused;
    say(4, 'Debugger.resume');
    socket.close();
    return where;
  }
});
