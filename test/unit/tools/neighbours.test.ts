/** The neighbours' programs that other tests lean on: each starts, is what it says, and ends with its test. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { peer } from '../../../tools/peers.ts';
import { startAlertmanager } from '../../support/alertmanager-server.ts';
import { startDaemon } from '../../support/daemon.ts';
import { alertmanager, type Installed, memcached } from '../../support/debian.ts';
import { startMemcached } from '../../support/memcached-server.ts';

const run = promisify(execFile);
const why = (installed: Installed) => (installed.kind === 'there' ? '' : ` (${installed.why})`);
const isRunning = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe.each(['prometheus', 'promtool'] as const)('%s', (name) => {
  test('is of the pinned version', async () => {
    const { stdout } = await run(await peer(name), ['--version']);
    expect(stdout).toMatch(new RegExp(`^${name}, version 3\\.13\\.5 `));
  }, 600_000);
});

test('mimirtool says what it is for', async () => {
  const { stdout, stderr } = await run(await peer('mimirtool'), ['help']);
  expect(stdout + stderr).toContain('usage: mimirtool');
}, 600_000);

describe('Alertmanager', async () => {
  const installed = await alertmanager();
  test.skipIf(installed.kind === 'absent')(`answers, and ends${why(installed)}`, async () => {
    const program = installed.kind === 'there' ? installed.path : '';
    const server = await startAlertmanager(program, 'route: {receiver: none}\nreceivers: [{name: none}]\n');
    const status: unknown = await (await fetch(`${server.url}/api/v2/status`)).json();
    expect(status).toMatchObject({ versionInfo: { version: expect.stringMatching(/^0\./) } });
    await server.stop();
    expect(isRunning(server.pid)).toBe(false);
  });

  test.skipIf(installed.kind === 'absent')(`says why it does not start${why(installed)}`, async () => {
    const program = installed.kind === 'there' ? installed.path : '';
    await expect(startAlertmanager(program, 'receivers: []')).rejects.toThrow(/no routes provided/);
  });
});

describe('memcached', async () => {
  const installed = await memcached();
  test.skipIf(installed.kind === 'absent')(`answers, and ends${why(installed)}`, async () => {
    const server = await startMemcached(installed.kind === 'there' ? installed.path : '');
    const socket = connect(server.port, server.host).end('version\r\n');
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toMatch(/^VERSION 1\./);
    await server.stop();
    expect(isRunning(server.pid)).toBe(false);
  });
});

test('a program that is not there is named', async () => {
  const start = { program: '/no/such/program', args: [], isReady: async () => false };
  await expect(startDaemon(start)).rejects.toThrow(
    '/no/such/program has ended: spawn /no/such/program ENOENT',
  );
});
