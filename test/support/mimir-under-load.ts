/**
 * A Mimir as the charm renders it, with an S3 bucket, that has something of everything to do: writes, also refused
 * ones, queries, also failing ones, rules, alerts, notifications, flushes and compactions; and scrapes itself.
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { MimirApi, type StoredGroup } from '../../charm/mimir-api.ts';
import { MinioApi } from '../../minio/charm/minio-api.ts';
import { DEFAULT_OPTIONS, inputs, s3Ready } from './mimir-inputs.ts';
import { IMPATIENT, type MimirServer, startMimir } from './mimir-server.ts';
import { type MinioServer, startMinio } from './minio-server.ts';
import { remoteWrite, type Series } from './remote-write.ts';
import { scrape } from './self-scrape.ts';

const ROOT = { accessKey: 'minio-root', secretKey: 'minio-secret-key' };
const REGION = 'us-east-1';
const BUCKET = 'cos-mimir-k8s';

/** Whose series the unit's own metrics are. */
export const OPERATORS = 'anonymous';
const TEAMS = ['team-a', 'team-b'] as const;
/** Comes later: the compactor joins a tenant's first blocks at once, and waits for hours with the next. */
const NEWCOMER = 'team-c';
const NEWCOMER_TURN = 20;

/** What takes hours in earnest, in seconds. */
const IN_SECONDS = [
  '-compactor.compaction-interval=10s',
  '-compactor.cleanup-interval=10s',
  '-compactor.first-level-compaction-wait-period=0s',
  '-blocks-storage.tsdb.ship-interval=5s',
  '-blocks-storage.bucket-store.sync-interval=5s',
  '-ingester.active-series-metrics-update-period=5s',
  '-ruler.poll-interval=5s',
  '-ruler.evaluation-delay-duration=0s',
  '-alertmanager.configs.poll-interval=5s',
  '-alertmanager.persist-interval=5s',
] as const;

export const TOPOLOGY = {
  juju_model: 'cos',
  juju_model_uuid: '20ce8299-3634-4bef-8bd8-5ace6c8816b4',
  juju_application: 'mimir-k8s',
  juju_charm: 'mimir-k8s',
  juju_unit: 'mimir-k8s/0',
} as const;
const LABELS = { ...TOPOLOGY, instance: 'cos_20ce8299_mimir-k8s_mimir-k8s/0', job: 'juju_cos_mimir-k8s' };

export interface LoadedMimir extends AsyncDisposable {
  readonly url: string;
  /** Turns of the load so far. */
  readonly turns: number;
}

/** @param host such as `127.77.3.1`. */
export async function startLoadedMimir(host: string, secondsPerTurn = 2): Promise<LoadedMimir> {
  const minio = await startMinio(ROOT, REGION);
  await new MinioApi({ url: minio.url, region: REGION, credentials: ROOT }).createBucket(BUCKET);
  const server = await startMimir(
    host,
    {
      options: { ...DEFAULT_OPTIONS, multitenancy: true, 'ingestion-rate': 100_000 },
      objectStorage: s3Ready({
        endpoint: new URL(minio.url).host,
        bucket: BUCKET,
        region: REGION,
        ...ROOT,
      }),
      plannedUnits: inputs().plannedUnits,
    },
    [...IMPATIENT, ...IN_SECONDS],
  );
  const hooks = await startWebhooks();
  const load = new Load(server, hooks);
  await load.prepare().catch(async (error: unknown) => {
    await stopAll(server, minio, hooks);
    throw error;
  });
  const running = load.run(secondsPerTurn * 1000);
  return {
    url: server.url,
    get turns() {
      return load.turns;
    },
    async [Symbol.asyncDispose]() {
      load.end();
      await running;
      await stopAll(server, minio, hooks);
    },
  };
}

async function stopAll(server: MimirServer, minio: MinioServer, hooks: Server): Promise<void> {
  hooks.closeAllConnections();
  hooks.close();
  await server.stop();
  await minio.stop();
}

/** Takes notifications at /taken, and refuses them elsewhere. */
async function startWebhooks(): Promise<Server> {
  const server = createServer((asked, answer) => {
    asked.resume();
    answer.writeHead(asked.url === '/taken' ? 200 : 404).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

class Load {
  turns = 0;
  readonly #server: MimirServer;
  readonly #hooks: Server;
  readonly #api: MimirApi;
  #ended = false;
  constructor(server: MimirServer, hooks: Server) {
    this.#server = server;
    this.#hooks = hooks;
    this.#api = new MimirApi(server.url);
  }

  end(): void {
    this.#ended = true;
  }

  async prepare(): Promise<void> {
    const address = this.#hooks.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    for (const team of TEAMS) {
      await this.#api.setAlertmanagerConfig(team, { config: alertmanager(port), templates: {} });
      for (const group of GROUPS) await this.#api.setRuleGroup(team, 'load', group);
    }
    await this.#silence(TEAMS[0]);
  }

  /** Mimir starts a tenant's Alertmanager some seconds after its configuration came. */
  async #silence(team: string): Promise<void> {
    const minutes = (count: number) => new Date(Date.now() + count * 60_000).toISOString();
    const silence = {
      matchers: [{ name: 'alertname', value: 'Silenced', isRegex: false }],
      startsAt: minutes(0),
      endsAt: minutes(60),
      createdBy: 'load',
      comment: 'as planned',
    };
    for (let left = 30; left > 0; left--) {
      const { statusCode, body } = await request(`${this.#server.url}/alertmanager/api/v2/silences`, {
        method: 'POST',
        headers: { 'X-Scope-OrgID': team, 'content-type': 'application/json' },
        body: JSON.stringify(silence),
      });
      const answer = await body.text();
      if (statusCode === 200) return;
      if (left === 1) throw new Error(`a silence was answered with ${statusCode}: ${answer}`);
      await sleep(1000);
    }
  }

  async run(pauseMs: number): Promise<void> {
    const labels = LABELS;
    while (!this.#ended) {
      await scrape({ url: this.#server.url, labels }, { url: this.#server.url, tenant: OPERATORS });
      const teams = this.turns < NEWCOMER_TURN ? TEAMS : [...TEAMS, NEWCOMER];
      await Promise.all(teams.map((team, i) => this.#work(team, (i + 1) * 40)));
      if (this.turns % 8 === 5) await this.#flush();
      this.turns += 1;
      await sleep(pauseMs);
    }
  }

  async #work(team: string, count: number): Promise<void> {
    const push = `${this.#server.url}/api/v1/push`;
    const headers = { 'X-Scope-OrgID': team };
    const timestamp = Date.now();
    await remoteWrite(push, appSeries(count, timestamp), headers);
    // Too old for the ingester: refused, and counted by reason.
    if (team === TEAMS[1])
      await remoteWrite(push, appSeries(3, timestamp - 30 * 3_600_000), headers).catch(() => undefined);
    const [now, ago] = [timestamp / 1000, timestamp / 1000 - 600];
    const prometheus = '/prometheus/api/v1';
    await Promise.all([
      this.#get(`${prometheus}/query?query=${encodeURIComponent('sum(rate(app_requests_total[1m]))')}`, team),
      this.#get(`${prometheus}/query_range?query=app_requests_total&start=${ago}&end=${now}&step=15`, team),
      this.#get(`${prometheus}/labels`, team),
      this.#get(`${prometheus}/series?match[]=app_requests_total`, team),
      this.#get(`${prometheus}/query?query=${encodeURIComponent('sum(')}`, team),
      this.#get(`${prometheus}/rules`, team),
      this.#get('/alertmanager/api/v2/alerts', team),
    ]);
  }

  /** Two flushes shortly after each other leave two blocks of one time range, which the compactor then joins. */
  async #flush(): Promise<void> {
    await this.#api.flush(undefined, 60_000).catch(() => undefined);
  }

  async #get(path: string, tenant: string): Promise<void> {
    const { body } = await request(`${this.#server.url}${path}`, { headers: { 'X-Scope-OrgID': tenant } });
    await body.dump();
  }
}

function appSeries(count: number, timestamp: number): readonly Series[] {
  return Array.from({ length: count }, (_, i) => ({
    labels: { __name__: 'app_requests_total', path: `/p${i}`, app: `app-${i % 4}` },
    samples: [{ value: Math.floor(timestamp / 1000), timestamp }],
  }));
}

const GROUPS: readonly StoredGroup[] = [
  {
    name: 'recording',
    interval: '5s',
    rules: [{ record: 'app:requests:rate1m', expr: 'sum by (app) (rate(app_requests_total[1m]))' }],
  },
  {
    name: 'alerting',
    interval: '5s',
    rules: [
      { alert: 'Always', expr: 'vector(1)', labels: { severity: 'warning' } },
      { alert: 'Silenced', expr: 'vector(1)' },
    ],
  },
  // Many to many: its author's mistake.
  {
    name: 'broken',
    interval: '5s',
    rules: [{ record: 'app:broken', expr: 'app_requests_total / on () app_requests_total' }],
  },
];

function alertmanager(port: number): string {
  return JSON.stringify({
    route: { receiver: 'taken', group_wait: '1s', group_interval: '5s', repeat_interval: '5s' },
    receivers: [
      {
        name: 'taken',
        webhook_configs: [
          { url: `http://127.0.0.1:${port}/taken` },
          { url: `http://127.0.0.1:${port}/refused` },
        ],
      },
    ],
  });
}
