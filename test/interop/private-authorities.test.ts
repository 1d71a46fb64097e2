/** Object storage and an Alertmanager whose certificates no public authority has signed, with a real Mimir. */
import { connect } from 'node:net';
import { createServer, type Server } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { probeBucket } from '../../charm/probe.ts';
import { MinioApi } from '../../minio/charm/minio-api.ts';
import type { S3Connection } from '../../relations/s3.ts';
import { type AlertmanagerServer, alertsAt, startAlertmanager } from '../support/alertmanager-server.ts';
import { Authority } from '../support/authority.ts';
import { alertmanager } from '../support/debian.ts';
import { S3, s3Ready } from '../support/mimir-inputs.ts';
import { IMPATIENT, startMimir } from '../support/mimir-server.ts';
import { freePort, type MinioServer, startMinio } from '../support/minio-server.ts';

const ROOT = { accessKey: 'the-access-key', secretKey: 'the-secret-key' };
const REGION = 'us-east-1';
const RULE = 'name: always\ninterval: 1s\nrules: [{alert: Always, expr: vector(1)}]\n';

let authorities: { readonly storage: Authority; readonly alerts: Authority };
let minio: MinioServer;
let notified: AlertmanagerServer;
/** Where each of them speaks TLS. */
let fronts: { readonly storage: Front; readonly alerts: Front };

beforeAll(async () => {
  const program = await alertmanager();
  if (program.kind === 'absent') throw new Error(program.why);
  authorities = {
    storage: await Authority.make('Storage authority'),
    alerts: await Authority.make('Alerts authority'),
  };
  minio = await startMinio(ROOT, REGION);
  notified = await startAlertmanager(
    program.path,
    'route: {receiver: nobody}\nreceivers: [{name: nobody}]\n',
  );
  await new MinioApi({ url: minio.url, region: REGION, credentials: ROOT }).createBucket('metrics');
  fronts = {
    storage: await Front.before(minio.url, authorities.storage),
    alerts: await Front.before(notified.url, authorities.alerts),
  };
});

afterAll(async () => {
  for (const each of [fronts?.storage, fronts?.alerts, notified, authorities?.storage, authorities?.alerts])
    await each?.[Symbol.asyncDispose]();
  await minio?.stop();
});

/** Speaks TLS in the place of a server that does not. */
class Front implements AsyncDisposable {
  readonly host: string;
  readonly #server: Server;

  private constructor(host: string, server: Server) {
    this.host = host;
    this.#server = server;
  }

  static async before(url: string, authority: Authority): Promise<Front> {
    const { key, certificate } = await authority.issue('IP:127.0.0.1');
    const behind = new URL(url);
    const server = createServer({ key, cert: certificate }, (socket) => {
      const inner = connect(Number(behind.port), behind.hostname);
      socket.on('error', () => inner.destroy()).on('close', () => inner.destroy());
      inner.on('error', () => socket.destroy()).on('close', () => socket.destroy());
      socket.pipe(inner).pipe(socket);
    });
    const port = await freePort();
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return new Front(`127.0.0.1:${port}`, server);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

function bucket(caChain?: string): S3Connection {
  const connection = { ...S3, bucket: 'metrics', endpoint: fronts.storage.host, insecure: false };
  return { ...connection, region: REGION, ...ROOT, ...(caChain !== undefined && { caChain }) };
}

const trusted = () => `${authorities.storage.certificate}${authorities.alerts.certificate}`;

test('a provider that names another authority is told of before Mimir tries it', async () => {
  expect(await probeBucket(bucket(authorities.alerts.certificate))).toMatchObject({
    kind: 'refused',
    cause: expect.stringContaining('does not vouch'),
  });
});

test('either way of naming it will do: by the provider, or by receive-ca-cert', async () => {
  expect(await probeBucket(bucket(authorities.storage.certificate))).toEqual({ kind: 'fine' });
  expect(await probeBucket(bucket(), { trusted: trusted() })).toEqual({ kind: 'fine' });
});

test('Mimir keeps rules in the bucket and notifies the Alertmanager, both over TLS', async () => {
  await using mimir = await startMimir(
    '127.78.1.23',
    {
      objectStorage: s3Ready(bucket()),
      agreement: { replicationFactor: 1 },
      neighbours: { trusted: trusted(), alertmanagers: [`https://${fronts.alerts.host}`] },
    },
    IMPATIENT,
  );
  const rules = `${mimir.url}/prometheus/config/v1/rules/always`;
  expect(await fetch(rules, { method: 'POST', body: RULE })).toMatchObject({ status: 202 });
  expect(await (await fetch(rules)).text(), 'it is in the bucket').toContain('alert: Always');
  expect(await alertsAt(notified.url)).toContain('Always');
}, 300_000);
