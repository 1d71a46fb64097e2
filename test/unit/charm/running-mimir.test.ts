/** How a unit asks Mimirs: as its own was started, or, where it runs none, as all of its cluster have agreed on. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CONFIG_FILE, TARGET_FILE, UNITS_CA_FILE } from '../../../charm/plan/paths.ts';
import { runningMimirAt } from '../../../charm/running-mimir.ts';
import { FakeMimir } from '../../support/fake-mimir.ts';
import { inputs } from '../../support/mimir-inputs.ts';
import { UNIT_AUTHORITY, UNIT_CERTIFICATE, UNIT_KEY } from '../../support/unit-certificate.ts';

/** Speaks both, or plain HTTP alone. */
const [SECURE, PLAIN] = ['127.78.1.223', '127.78.1.224'] as const;
const SPEAKS_TLS = 'server:\n  http_tls_config:\n';

let servers: readonly FakeMimir[];
beforeAll(async () => {
  const secure = await FakeMimir.at(SECURE);
  secure.secure(`${UNIT_KEY}${UNIT_CERTIFICATE}`);
  servers = [secure, await FakeMimir.at(PLAIN)];
});
afterAll(() => Promise.all(servers.map((server) => server[Symbol.asyncDispose]())));

async function isSecure(
  files: Readonly<Record<string, string>>,
  authorities?: string | undefined,
): Promise<boolean> {
  const container = { reachable: true, files, lastGood: 'of these files' };
  const isAnswered = async (host: string) =>
    (await runningMimirAt(inputs({ authorities, container }), host).ready()).ready;
  expect(await isAnswered(SECURE)).toBe(true);
  return !(await isAnswered(PLAIN));
}

test.each([
  { what: 'its own speaks TLS', files: { [CONFIG_FILE]: SPEAKS_TLS, [UNITS_CA_FILE]: UNIT_AUTHORITY } },
  {
    what: 'it runs none any more, and the cluster speaks TLS since',
    files: { [CONFIG_FILE]: 'server:\n', [TARGET_FILE]: '' },
    authorities: UNIT_AUTHORITY,
  },
  {
    what: 'it has never run one, and the cluster speaks TLS',
    files: { [TARGET_FILE]: '' },
    authorities: UNIT_AUTHORITY,
  },
])('over TLS, where $what', async ({ files, authorities }) => {
  expect(await isSecure(files, authorities)).toBe(true);
});

test.each([
  {
    what: 'its own does not speak TLS yet',
    files: { [CONFIG_FILE]: 'server:\n' },
    authorities: UNIT_AUTHORITY,
  },
  {
    what: 'it runs none any more, and the cluster speaks none',
    files: { [CONFIG_FILE]: SPEAKS_TLS, [UNITS_CA_FILE]: UNIT_AUTHORITY, [TARGET_FILE]: '' },
  },
])('without TLS, where $what', async ({ files, authorities }) => {
  expect(await isSecure(files, authorities)).toBe(false);
});
