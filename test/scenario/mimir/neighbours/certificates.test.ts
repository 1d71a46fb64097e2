import { X509Certificate } from 'node:crypto';
import { blocked } from 'charmwright';
import {
  findContainer,
  findRelation,
  type Outcome,
  peerRelation,
  relation,
  type State,
} from 'charmwright/testing';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { Authority, type Lifetime } from '../../../support/authority.ts';
import { FakeMimir } from '../../../support/fake-mimir.ts';
import { configOf, mimir, S3_SECRET, s3, world } from '../../../support/mimir-world.ts';

const HOST = '127.78.1.70';
const SERVICE = 'mimir-k8s.cos.svc.cluster.local';
const changed = { kind: 'relation-changed', relation: 'certificates' } as const;
const TLS_FILE = '/data/conf/tls.pem';
const PEBBLE_CA_FILE = '/etc/ssl/certs/mimir-charm.pem';
const DAY_MS = 24 * 3600 * 1000;

let server: FakeMimir;
let authority: Authority;
let nextAuthority: Authority;
beforeAll(async () => {
  [server, authority, nextAuthority] = await Promise.all([
    FakeMimir.at(HOST),
    Authority.make('First authority'),
    Authority.make('Next authority'),
  ]);
});
afterAll(async () => {
  for (const each of [server, authority, nextAuthority]) await each[Symbol.asyncDispose]();
});

interface Others {
  /** What each other unit has said of its authority. */
  readonly units?: Readonly<Record<number, string | undefined>>;
  /** The leader's word. */
  readonly agreed?: string;
}

function related({ units = {}, agreed }: Others = {}, input: Parameters<typeof world>[1] = {}) {
  const bags = Object.entries(units).map(([number, ca]) => [
    number,
    { hostname: `mimir-k8s-${number}`, ...(ca !== undefined && { 'tls-ca': ca }) },
  ]);
  return world(HOST, {
    relations: [
      peerRelation('mimir-peers', {
        id: 1,
        units: Object.fromEntries(bags),
        localAppData: {
          ...(bags.length > 0 && { 'replication-factor': '1' }),
          ...(agreed !== undefined && { 'tls-ca': agreed }),
        },
      }),
      ...(bags.length > 0 || input.leader === false ? [s3(HOST)] : []),
      relation('receive-remote-write', { id: 5 }),
      relation('certificates', { id: 9, remoteApp: 'self-signed-certificates' }),
    ],
    plannedUnits: 1 + bags.length,
    secrets: [S3_SECRET],
    ...input,
  });
}

afterEach(() => {
  vi.useRealTimers();
});

function keyOf(state: State): string {
  return heldBy(state)?.revisions.at(-1)?.content['private-key'] ?? '';
}

const requests = z.array(z.strictObject({ ca: z.literal(false), certificate_signing_request: z.string() }));

function requestOf(state: State): string {
  const bag = findRelation(state, 'certificates').localUnitData;
  const [only] = requests.parse(JSON.parse(bag.certificate_signing_requests ?? ''));
  return only?.certificate_signing_request ?? '';
}

function heldBy(state: State) {
  return state.secrets.find(({ label }) => label === 'certificates');
}

/** The provider's databag becomes this. */
function saying(
  state: State,
  certificates: readonly unknown[],
  more: Readonly<Record<string, string>> = {},
): State {
  const relations = state.relations.map((each) =>
    each.endpoint === 'certificates'
      ? { ...each, remoteAppData: { certificates: JSON.stringify(certificates), ...more } }
      : each,
  );
  return { ...state, relations };
}

async function answered(state: State, by = authority, lifetime?: Lifetime): Promise<Outcome> {
  return mimir.run(changed, saying(state, [await by.answer(requestOf(state), lifetime)]));
}

async function asking(others?: Others, input?: Parameters<typeof world>[1]): Promise<Outcome> {
  const started = await mimir.run({ kind: 'pebble-ready', container: 'mimir' }, related(others, input));
  return started;
}

/** A unit alone that speaks TLS. */
async function secured(lifetime?: Lifetime): Promise<Outcome> {
  const asks = await asking();
  const issued = await answered(asks, authority, lifetime);
  server.secure(String(findContainer(issued, 'mimir').files[TLS_FILE]));
  return issued;
}

function tlsFile(state: State): string {
  return String(findContainer(state, 'mimir').files[TLS_FILE] ?? '');
}

function urlOf(state: State): string {
  return findRelation(state, 'receive-remote-write').localUnitData.remote_write ?? '';
}

function checkOf(state: State): unknown {
  return JSON.stringify(findContainer(state, 'mimir').layers).match(/"mimir-ready":(\{.*?\}\})/)?.[1];
}

describe('a unit that is related to an authority', () => {
  test('asks for a certificate that names it and the application, and goes on with plain HTTP', async () => {
    const after = await asking();
    expect(requestOf(after)).toMatch(/^-----BEGIN CERTIFICATE REQUEST-----/);
    expect(heldBy(after)?.revisions.at(-1)?.content['private-key']).toMatch(/^-----BEGIN PRIVATE KEY-----/);
    expect(configOf(after).server).not.toHaveProperty('http_tls_config');
    expect(urlOf(after)).toContain(`http://${SERVICE}:9009`);
    expect(after.unitStatus.message).toContain('self-signed-certificates has not signed');
  });

  test('keeps the key and the request in a secret of its own, and asks no second time', async () => {
    const before = await asking();
    const after = await mimir.run(changed, before);
    expect(requestOf(after)).toBe(requestOf(before));
    expect(heldBy(after)?.owner).toBe('unit');
    const bags = JSON.stringify(after.relations.map((each) => [each.localAppData, each.localUnitData]));
    expect(bags + JSON.stringify(after.logs)).not.toContain('PRIVATE KEY');
  });

  test('speaks TLS to all, with the certificate that it gets', async () => {
    const after = await secured();
    expect(
      new X509Certificate(tlsFile(after).replace(/^[\s\S]*?(?=-----BEGIN CERT)/, '')).checkHost(SERVICE),
    ).toBe(SERVICE);
    expect(configOf(after)).toMatchObject({
      server: { http_tls_config: { cert_file: TLS_FILE }, grpc_tls_config: { key_file: TLS_FILE } },
      memberlist: { tls_enabled: true, tls_cert_path: TLS_FILE },
      ingester_client: { grpc_client_config: { tls_enabled: true, tls_server_name: SERVICE } },
      limits: {
        ruler_alertmanager_client_config: { alertmanager_url: 'https://127.0.0.1:9009/alertmanager' },
      },
    });
    expect(findContainer(after, 'mimir').attributes[TLS_FILE]).toMatchObject({ permissions: 0o600 });
    expect(urlOf(after)).toContain(`https://${SERVICE}:9009`);
    expect(checkOf(after)).toContain('https://localhost:9009/ready');
    expect(heldBy(after)?.expire, 'Juju tells when it is to be renewed').toBeDefined();
    const settled = await mimir.run('update-status', after);
    expect(settled.unitStatus.name).toBe('active');
    expect(settled.serviceStarts).toEqual([]);
  });
});

describe('between the units', () => {
  const other = () => authority.certificate;

  test('nobody turns before each has a certificate', async () => {
    const early = await answered(await asking({ units: { 1: undefined } }));
    expect(configOf(early).server).not.toHaveProperty('http_tls_config');
    expect(findRelation(early, 'mimir-peers').localUnitData['tls-ca'], 'it says that it could').toBe(
      authority.certificate,
    );
    expect(findRelation(early, 'mimir-peers').localAppData).not.toHaveProperty('tls-ca');
    expect(early.unitStatus.message).toContain('plain HTTP until every unit has a certificate');
    const late = await answered(await asking({ units: { 1: other() } }));
    expect(configOf(late).server).toHaveProperty('http_tls_config');
    expect(findRelation(late, 'mimir-peers').localAppData['tls-ca']).toBe(authority.certificate);
  });

  test('a unit that does not lead waits for the word of the leader', async () => {
    const follower = { leader: false, unitNumber: 1, plannedUnits: 2 };
    const before = await answered(await asking({ units: { 0: other() } }, follower));
    expect(configOf(before)).not.toHaveProperty('ingester_client');
    const after = await answered(await asking({ units: { 0: other() }, agreed: other() }, follower));
    expect(configOf(after)).toHaveProperty('ingester_client');
  });

  test('a unit that comes later does not start before it has a certificate, and turns nobody back', async () => {
    const newcomer = await asking(
      { units: { 0: other() }, agreed: other() },
      { leader: false, unitNumber: 1 },
    );
    expect(newcomer.serviceStarts).toEqual([]);
    expect(newcomer.unitStatus.message).toContain('the other units speak TLS');
    const leader = await answered(await asking({ units: { 1: other(), 2: undefined }, agreed: other() }));
    expect(findRelation(leader, 'mimir-peers').localAppData['tls-ca']).toBe(authority.certificate);
  });

  test('two authorities are trusted while one is replaced by the other', async () => {
    const both = [authority.certificate, nextAuthority.certificate].toSorted().join('');
    const after = await answered(await asking({ units: { 1: nextAuthority.certificate } }));
    expect(findContainer(after, 'mimir').files['/data/conf/trust/units.pem']).toBe(both);
  });

  test('a unit shows a certificate of a new authority only when all have been told to trust it', async () => {
    const follower = { leader: false, unitNumber: 1, plannedUnits: 2 };
    const before = await answered(await asking({ units: { 0: other() }, agreed: other() }, follower));
    const reissued = await answered(before, nextAuthority);
    expect(tlsFile(reissued)).toBe(tlsFile(before));
    expect(checkOf(reissued)).toBe(checkOf(before));
    expect(reissued.serviceStarts).toEqual([]);
    expect(findRelation(reissued, 'mimir-peers').localUnitData['tls-ca']).toBe(nextAuthority.certificate);
  });

  test('the next leader keeps to what was agreed on', async () => {
    const agreed = { units: { 1: other() }, agreed: other() };
    const follower = await answered(await asking(agreed, { leader: false }));
    const after = await mimir.run('leader-elected', { ...follower, leader: true });
    expect(configOf(after)).toEqual(configOf(follower));
    expect(after.serviceStarts).toEqual([]);
  });
});

describe('a certificate', () => {
  test('that is renewed is written, and nothing is restarted', async () => {
    const before = await secured();
    const after = await answered(before);
    expect(tlsFile(after)).not.toBe(tlsFile(before));
    expect(after.serviceStarts).toEqual([]);
    expect(configOf(after)).toEqual(configOf(before));
  });

  test('that is due is asked for again, with the same key; the old one serves until the new one is there', async () => {
    const before = await secured({ from: 0, to: 10 * DAY_MS });
    const id = heldBy(before)?.id ?? '';
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 8.9 * DAY_MS });
    expect(requestOf(await mimir.run('update-status', before)), 'not yet').toBe(requestOf(before));
    vi.setSystemTime(Date.now() + 0.2 * DAY_MS);
    const due = await mimir.run({ kind: 'secret-expired', secret: id, revision: 2 }, before);
    expect(requestOf(due)).not.toBe(requestOf(before));
    expect(tlsFile(due)).toBe(tlsFile(before));
    const cleared = await mimir.run({ kind: 'secret-remove', secret: id, revision: 2 }, due);
    const revisions = heldBy(cleared)?.revisions.map(({ revision }) => revision);
    expect(revisions, 'what nobody needs any more goes').toEqual([1, 3]);
    expect(requestOf(await mimir.run('update-status', due)), 'it asks once').toBe(requestOf(due));

    const renewed = await answered(due, authority, { from: 0, to: 10 * DAY_MS });
    expect(tlsFile(renewed)).not.toBe(tlsFile(before));
    expect(keyOf(renewed)).toBe(keyOf(before));
    expect(renewed.serviceStarts).toEqual([]);
  });

  test('that is revoked is asked for again with another key, and the unit does not fall back to plain HTTP', async () => {
    const before = await secured();
    const entry = { ...(await authority.answer(requestOf(before))), revoked: true };
    const revoked = await mimir.run(changed, saying(before, [entry]));
    expect(requestOf(revoked)).not.toBe(requestOf(before));
    expect(keyOf(revoked)).not.toBe(keyOf(before));
    expect(configOf(revoked)).toEqual(configOf(before));
    expect(urlOf(revoked)).toContain('https://');
    expect(revoked.unitStatus.message).toContain('has not signed');
    const after = await answered(revoked);
    expect(tlsFile(after)).toContain(keyOf(after));
    expect(after.serviceStarts).toEqual([]);
  });

  test('of another key, of an authority, or of another name is not used, and told of', async () => {
    const asks = await asking();
    const mine = await authority.answer(requestOf(asks));
    const foreign = await authority.answer(requestOf(await asking()));
    for (const [certificate, problem] of [
      [foreign.certificate, "is for another's key"],
      [authority.certificate, "is for another's key"],
      ['nonsense', 'is not PEM'],
    ] as const) {
      const after = await mimir.run(changed, saying(asks, [{ ...mine, certificate }]));
      expect(configOf(after).server).not.toHaveProperty('http_tls_config');
      expect(after.logs.map(({ message }) => message).join()).toContain(
        `data of self-signed-certificates (certificates:9): key "certificates" the certificate of this unit ${problem}`,
      );
    }
  });

  test('that the authority refuses is told of in its words', async () => {
    const asks = await asking();
    const error = { code: 102, name: 'DOMAIN_NOT_ALLOWED', message: 'only example.org\nis signed' };
    const refusals = JSON.stringify([{ csr: requestOf(asks), error }]);
    const after = await mimir.run(changed, saying(asks, [], { request_errors: refusals }));
    expect(after.unitStatus).toEqual(
      blocked(
        "[certificates] self-signed-certificates refuses to sign this unit's request (certificates:9): DOMAIN_NOT_ALLOWED: only example.org is signed",
      ),
    );
  });
});

describe('when the authority goes', () => {
  test('key and certificate go, and everything is plain HTTP again', async () => {
    const before = await secured();
    const after = await mimir.run({ kind: 'relation-broken', relation: 'certificates' }, before);
    expect(heldBy(after)).toBeUndefined();
    expect(tlsFile(after)).toBe('');
    expect(configOf(after)).not.toHaveProperty('ingester_client');
    expect(urlOf(after)).toContain(`http://${SERVICE}:9009`);
    expect(checkOf(after)).toContain('http://127.0.0.1:9009/ready');
    expect(findRelation(after, 'mimir-peers').localAppData).not.toHaveProperty('tls-ca');
    expect(findRelation(after, 'mimir-peers').localUnitData).not.toHaveProperty('tls-ca');
    expect(after.unitStatus.name).toBe('active');
  });

  test('another one that comes later signs another key', async () => {
    const before = await secured();
    const gone = await mimir.run({ kind: 'relation-broken', relation: 'certificates' }, before);
    const relations = [...gone.relations, relation('certificates', { id: 12, remoteApp: 'vault-k8s' })];
    const after = await mimir.run(
      { kind: 'relation-created', relation: 'certificates' },
      { ...gone, relations },
    );
    expect(keyOf(after)).not.toBe(keyOf(before));
  });
});

describe('Pebble, which reads whom to trust once', () => {
  test('asks whether the port is open where a new authority has come since, and the charm waits itself', async () => {
    const before = await secured();
    const entry = await nextAuthority.answer(requestOf(before));
    server.ready = false;
    server.secure(`${keyOf(before)}${entry.certificate}`);
    const waits = mimir.run(changed, saying(before, [entry]));
    await server.asked();
    server.ready = true;
    const after = await waits;
    expect(findContainer(after, 'mimir').files[PEBBLE_CA_FILE]).toBe(authority.certificate);
    expect(checkOf(after)).toContain('"tcp":{"port":9009}');
    expect(after.serviceStarts, 'an authority is read at the start').toEqual(['mimir/mimir']);
    expect(after.unitStatus.name, 'nobody else would wake it').toBe('active');
  });
});
