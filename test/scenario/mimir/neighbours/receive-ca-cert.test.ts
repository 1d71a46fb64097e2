import { findContainer, findRelation, peerRelation, relation, type State } from 'charmwright/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CERTIFICATE } from '../../../support/certificate.ts';
import { FakeMimir } from '../../../support/fake-mimir.ts';
import { configOf, mimir, S3_SECRET, s3, world } from '../../../support/mimir-world.ts';
import { TLS_CERTIFICATE } from '../../../support/tls.ts';
import { UNIT_AUTHORITY } from '../../../support/unit-certificate.ts';

const HOST = '127.78.1.71';
const AUTHORITIES = ['vault-k8s', 'lego', 'self-signed-certificates'] as const;
const RECEIVED = '/data/conf/trust/received.pem';
const changed = { kind: 'relation-changed', relation: 20 } as const;
type Bag = Readonly<Record<string, string>>;

let server: FakeMimir;
beforeAll(async () => {
  server = await FakeMimir.at(HOST);
});
afterAll(() => server[Symbol.asyncDispose]());

interface Sender {
  readonly app?: Bag;
  readonly units?: Readonly<Record<number, Bag>>;
}

/** Each sender is another application. */
function related(senders: readonly Sender[], more: Parameters<typeof world>[1] = {}) {
  const relations = senders.map(({ app = {}, units = { 0: {} } }, at) =>
    relation('receive-ca-cert', {
      id: 20 + at,
      remoteApp: AUTHORITIES[at] ?? 'one-more',
      remoteAppData: app,
      remoteUnits: units,
    }),
  );
  return world(HOST, { relations: [peerRelation('mimir-peers', { id: 1 }), ...relations], ...more });
}

async function hear(senders: readonly Sender[], more?: Parameters<typeof world>[1]) {
  const [first] = related(senders, more).relations.filter(({ endpoint }) => endpoint === 'receive-ca-cert');
  return mimir.run({ ...changed, relation: first?.id ?? 0 }, related(senders, more));
}

function received(state: State): string {
  return String(findContainer(state, 'mimir').files[RECEIVED] ?? '');
}

const v1 = (...certificates: readonly string[]): Sender => ({
  app: { certificates: JSON.stringify(certificates), version: '1' },
});

describe('an authority that is to be trusted', () => {
  test('is told that the application understands version 1', async () => {
    const after = await mimir.run({ kind: 'relation-created', relation: 'receive-ca-cert' }, related([{}]));
    expect(findRelation(after, 'receive-ca-cert').localAppData).toEqual({ version: '1' });
    expect(received(after)).toBe('');
  });

  test('is trusted by Mimir beside those that the image knows', async () => {
    const after = await hear([v1(CERTIFICATE)]);
    expect(received(after)).toBe(CERTIFICATE);
    const { environment } = findContainer(after, 'mimir').layers['mimir-charm']?.services?.mimir ?? {};
    expect(environment?.SSL_CERT_DIR).toMatch(/^\/etc\/ssl\/certs:.*:\/data\/conf\/trust$/);
  });

  test.each<[string, Sender]>([
    [
      'of version 1 before it has heard us',
      {
        units: {
          0: {
            ca: JSON.stringify(CERTIFICATE),
            certificate: '"x"',
            chain: JSON.stringify([CERTIFICATE]),
            version: '0',
          },
        },
      },
    ],
    [
      'of version 0',
      {
        units: {
          0: {
            ca: CERTIFICATE,
            certificate: TLS_CERTIFICATE,
            chain: JSON.stringify([CERTIFICATE]),
            version: '0',
          },
        },
      },
    ],
    ['of version 0 without a chain', { units: { 0: { ca: CERTIFICATE } } }],
  ])('is read from a sender %s', async (_name, sender) => {
    expect(received(await hear([sender]))).toBe(CERTIFICATE);
  });

  test('comes once, and in one order, from whomever it comes', async () => {
    const all = [CERTIFICATE, TLS_CERTIFICATE, UNIT_AUTHORITY];
    const after = await hear([v1(...all), v1(CERTIFICATE), v1(UNIT_AUTHORITY, TLS_CERTIFICATE)]);
    expect(received(after)).toBe(all.toSorted().join(''));
    const again = await hear([v1(...all.toReversed()), v1(TLS_CERTIFICATE), v1()]);
    expect(received(again)).toBe(received(after));
  });

  test('that says it in another order restarts nothing', async () => {
    const before = await hear([v1(CERTIFICATE, TLS_CERTIFICATE)]);
    const relations = before.relations.map((each) =>
      each.endpoint === 'receive-ca-cert'
        ? { ...each, remoteAppData: v1(TLS_CERTIFICATE, CERTIFICATE).app ?? {} }
        : each,
    );
    expect((await mimir.run(changed, { ...before, relations })).serviceStarts).toEqual([]);
  });

  test('goes with its relation, and the others stay', async () => {
    const before = await hear([v1(CERTIFICATE), v1(TLS_CERTIFICATE)]);
    const one = await mimir.run({ kind: 'relation-broken', relation: 20 }, before);
    expect(received(one)).toBe(TLS_CERTIFICATE);
    const none = await mimir.run({ kind: 'relation-broken', relation: 21 }, one);
    expect(received(none)).toBe('');
  });

  test('that cannot be read is told of, and the others of its list are trusted', async () => {
    const after = await hear([v1(CERTIFICATE, 'nonsense')]);
    expect(received(after)).toBe(CERTIFICATE);
    expect(after.logs.map(({ message }) => message).join('\n')).toContain(
      'data of vault-k8s (receive-ca-cert:20): key "certificates" certificate 2 of 2 is not a PEM certificate',
    );
  });

  test('joins those that object storage names by itself', async () => {
    const storage = s3(HOST, {
      'tls-ca-chain': JSON.stringify([TLS_CERTIFICATE]),
    });
    const before = related([v1(CERTIFICATE)], { secrets: [S3_SECRET] });
    const after = await mimir.run(changed, { ...before, relations: [...before.relations, storage] });
    expect(configOf(after).common).toMatchObject({
      storage: { s3: { http: { tls_ca_path: '/data/conf/s3-ca.pem' } } },
    });
    const file = String(findContainer(after, 'mimir').files['/data/conf/s3-ca.pem']);
    expect(file).toContain(CERTIFICATE.trim());
    expect(file).toContain(TLS_CERTIFICATE.trim());
  });
});
