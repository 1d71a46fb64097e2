/** The gateway's real nginx before real Mimirs that die, come and go, while somebody writes and asks all the time. */
import { afterEach, describe, expect, test } from 'vitest';
import type { RoleAddresses } from '../../charm/plan/gateway-parts.ts';
import { GOSSIP_PORT, HTTP_PORT } from '../../charm/plan/paths.ts';
import { COMPONENTS } from '../../charm/plan/roles.ts';
import { newNginx, nginx } from '../support/debian.ts';
import { PLAIN, startGateway } from '../support/gateway-server.ts';
import { IMPATIENT, startMimir } from '../support/mimir-server.ts';
import { traffic } from '../support/traffic.ts';

const installed = await nginx();
const program = installed.kind === 'there' ? installed.path : '';
const newer = await newNginx();

/** Everything, and the two components that clients wait for once more. */
const WHOLE = '127.78.11.21';
const FRONT = '127.78.11.22';
const GATEWAY = '127.78.1.111';
const FLAGS = [
  ...IMPATIENT,
  `-memberlist.join=${WHOLE}:${GOSSIP_PORT}`,
  '-memberlist.rejoin-interval=1s',
  '-query-scheduler.service-discovery-mode=ring',
];

const at = (...hosts: readonly string[]) => hosts.map((host) => ({ host, port: HTTP_PORT }));
const alone: RoleAddresses = Object.fromEntries(COMPONENTS.map((role) => [role, at(WHOLE)]));
const both: RoleAddresses = {
  ...alone,
  distributor: at(WHOLE, FRONT),
  'query-frontend': at(WHOLE, FRONT),
};

let running = new AsyncDisposableStack();
afterEach(async () => {
  await running.disposeAsync();
  running = new AsyncDisposableStack();
}, 60_000);

const whole = () => startMimir(WHOLE, {}, FLAGS);
const front = () => startMimir(FRONT, {}, [...FLAGS, '-target=distributor,query-frontend']);

describe.skipIf(program === '')('while somebody writes and asks all the time', () => {
  test('a Mimir that is killed costs no request, nor does its coming back', async () => {
    running.use(await whole());
    let second = running.use(await front());
    const gateway = running.use(await startGateway(program, GATEWAY, { addresses: both }));
    const asking = traffic(gateway.url);
    await asking.go(500);
    process.kill(second.pid, 'SIGKILL');
    await asking.go(500);
    second = running.use(await front());
    await asking.go(1000);
    process.kill(second.pid, 'SIGTERM');
    await asking.go(1000);
    expect(await asking.stop()).toEqual([]);
  });

  test('units that come and go cost none: nginx reads its files anew', async () => {
    await comeAndGo(program, false);
  });

  test.skipIf(newer === undefined)(
    'nor with connections that are kept, where nginx can do that',
    async () => {
      await comeAndGo(newer ?? '', true);
    },
  );
});

async function comeAndGo(nginxProgram: string, keepsConnections: boolean): Promise<void> {
  running.use(await whole());
  running.use(await front());
  const able = { ...PLAIN, keepsConnections };
  const first = { addresses: both, able };
  const gateway = running.use(await startGateway(nginxProgram, GATEWAY, first));
  const asking = traffic(gateway.url);
  for (let i = 0; i < 40; i++) {
    await gateway.reload({ addresses: i % 2 === 0 ? alone : both, able });
    await asking.go(100);
  }
  expect(await asking.stop()).toEqual([]);
}
