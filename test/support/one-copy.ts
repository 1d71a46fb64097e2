/** Real Mimirs on a bucket with one copy of each series, one of which is asked while others come and go. */
import { setTimeout as sleep } from 'node:timers/promises';
import { COMPONENTS } from '../../charm/plan/roles.ts';
import { query } from '../../demo/query.ts';
import { MinioApi } from '../../minio/charm/minio-api.ts';
import { Failures } from './failures.ts';
import { s3Ready, withOptions } from './mimir-inputs.ts';
import { IMPATIENT, type MimirServer, startMimir } from './mimir-server.ts';
import { type MinioServer, startMinio } from './minio-server.ts';
import { remoteWrite } from './remote-write.ts';
import { ringMembers } from './ring-members.ts';

const ROOT = { accessKey: 'the-access-key', secretKey: 'the-secret-key' };
const REGION = 'us-east-1';
const BUCKET = 'metrics';
const SERIES = 30;
const RINGS = ['ingester.ring', 'distributor.ring'] as const;

export class OneCopy implements AsyncDisposable {
  readonly rest: MimirServer;
  readonly #minio: MinioServer;
  readonly #host: string;
  readonly #others: MimirServer[] = [];

  /** The one that is asked, and stays. In the ring it is `rest`. */
  static async at(host: string, flags: readonly string[] = []): Promise<OneCopy> {
    const minio = await startMinio(ROOT, REGION);
    await new MinioApi({ url: minio.url, region: REGION, credentials: ROOT }).createBucket(BUCKET);
    return new OneCopy(
      minio,
      host,
      await start(minio, { name: 'rest', host, roles: 'all', rest: host, flags }),
    );
  }

  private constructor(minio: MinioServer, host: string, rest: MimirServer) {
    this.#minio = minio;
    this.#host = host;
    this.rest = rest;
  }

  /** One more, which takes writes. */
  async begin(name: string, host: string, flags: readonly string[] = []): Promise<MimirServer> {
    const server = await start(this.#minio, { name, host, roles: 'write', rest: this.#host, flags });
    this.#others.push(server);
    return server;
  }

  /** `first ACTIVE`, as the one that is asked sees it. */
  ring(): Promise<readonly string[]> {
    return ringMembers(this.rest.url, '/ingester/ring');
  }

  /** To whoever is in the ring. */
  async write(): Promise<void> {
    const timestamp = Date.now();
    const series = Array.from({ length: SERIES }, (_, i) => ({
      labels: { __name__: 'spread', series: `${i} of many` },
      samples: [{ value: 1, timestamp }],
    }));
    await remoteWrite(`${this.rest.url}/api/v1/push`, series);
  }

  /** For how many series are there. @throws Error in Mimir's words. */
  async ask(): Promise<number> {
    const [found] = await query(`${this.rest.url}/prometheus`, 'count(spread)', Date.now());
    return found?.points[0]?.[1] ?? 0;
  }

  /** As {@link ask}, and nothing that was written may be missing. */
  async askForAll(): Promise<void> {
    const count = await this.ask();
    if (count !== SERIES) throw new Error(`${count} of ${SERIES} series`);
  }

  /** Asks until the work is done. @returns what was wrong with the answers. */
  async failuresWhile(
    work: () => Promise<unknown>,
    ask: () => Promise<unknown> = () => this.askForAll(),
  ): Promise<Failures> {
    const failures = new Failures();
    let ended = false;
    let asked = 0;
    const asking = (async () => {
      while (!ended) {
        asked += 1;
        await ask().catch((error: unknown) => failures.add(String(error)));
        await sleep(10);
      }
    })();
    try {
      await work();
    } finally {
      ended = true;
      await asking;
    }
    console.log(`${asked} queries, ${failures.count} failed`);
    return failures;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#others, this.rest].map((server) => server.stop()));
    await this.#minio.stop();
  }
}

interface Start {
  readonly name: string;
  readonly host: string;
  readonly roles: 'all' | 'write';
  readonly rest: string;
  readonly flags: readonly string[];
}

function start(minio: MinioServer, { name, host, roles, rest, flags }: Start): Promise<MimirServer> {
  const changes = {
    ...withOptions({ roles }),
    objectStorage: s3Ready({ endpoint: new URL(minio.url).host, bucket: BUCKET, region: REGION, ...ROOT }),
    agreement: { replicationFactor: 1 },
    ...(roles !== 'all' && {
      neighbours: {
        members: [
          { relation: 'mimir-cluster:7', app: 'rest', roles: COMPONENTS, plannedUnits: 1, units: [] },
        ],
      },
    }),
  };
  const ids = RINGS.map((ring) => `-${ring}.instance-id=${name}`);
  return startMimir(host, changes, [...IMPATIENT, ...ids, `-memberlist.join=${rest}`, ...flags]);
}
