/**
 * Mimir without a charm: the same binary, in pods of the same model, configured as Mimir's documentation shows it for
 * several monolithic units on S3 that find each other by memberlist (its tutorial "play with Grafana Mimir").
 */
import type { ChildProcess } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isSettings, toYaml } from '../../../charm/plan/mimir-config.ts';
import { ROOT_FILE } from '../../../minio/charm/plan/layer.ts';
import type { Settings } from '../../../relations/mimir-cluster.ts';
import { image } from '../../../tools/peers.ts';
import type { Model } from '../model.ts';
import { LIMITS } from './limits.ts';

const PORT = 8080;
const LOG_FILE = '/data/mimir.log';

/** By which its processes are told from others'. */
export function configFile(app: string): string {
  return `/data/${app}.yaml`;
}

/** A pod with Mimir's image and a volume, like the charm's. Nothing runs in it by itself. */
const metadata = (app: string) => `name: ${app}
summary: a pod for a Mimir that is configured by hand
description: a pod for a Mimir that is configured by hand
containers:
  mimir:
    resource: mimir-image
    mounts: [{storage: data, location: /data}]
resources:
  mimir-image: {type: oci-image, description: Mimir}
storage:
  data: {type: filesystem}
`;

export interface ByHand {
  readonly urls: readonly string[];
  stop(): void;
}

interface Deployment {
  readonly app: string;
  readonly units: number;
  readonly variant: Variant;
}

/** How one differs from what the documentation shows. */
export interface Variant {
  /** Settings besides. */
  readonly more?: Settings;
  /** What it logs goes straight into a file. */
  readonly logsToFile?: true;
  /** All units in the session of whoever starts them, as a script would leave them, not each as a container. */
  readonly inOneSession?: true;
}

/** The model has a MinIO. */
export async function deployByHand(model: Model, deployment: Deployment): Promise<ByHand> {
  const { app, units, variant } = deployment;
  const mimirImage = `mimir-image=${await image('mimir')}`;
  const charm = await podCharm(`${model.folder}-${app}`, app);
  await model.juju('deploy', charm, '--resource', mimirImage, '-n', String(units));
  await model.juju('wait-for', 'application', app, '--query', 'status=="active"', '--timeout', '60s');
  await model.settled();
  const addresses = await model.addresses(app);
  const [minio = ''] = await model.addresses('minio-k8s');
  await model.juju('run', 'minio-k8s/0', 'create-bucket', `name=${app}`);
  const text = toYaml(configuration(deployment, addresses, minio, await credentials(model)));
  const logged = variant.logsToFile === true ? `2> ${LOG_FILE}` : `2>&1 | cat > ${LOG_FILE}`;
  const command = `/bin/mimir -config.file=${configFile(app)} ${logged}`;
  const processes: ChildProcess[] = [];
  for (const number of addresses.keys()) {
    const inside = ['ssh', '--container', 'mimir', `${app}/${number}`, 'sh', '-c'];
    const encoded = Buffer.from(text).toString('base64');
    await model.juju(...inside, `echo ${encoded} | base64 -d > ${configFile(app)}`);
    processes.push(
      model.background(...inside, variant.inOneSession === true ? command : asContainer(command)),
    );
  }
  await stillRunning(processes);
  return {
    urls: addresses.map((address) => `http://${address}:${PORT}`),
    stop: () => {
      for (const process of processes) process.kill();
    },
  };
}

/**
 * As a container's first process runs, also the one of the charm's Mimir: in a session of its own. The kernel shares
 * out the processors among sessions (`sched_autogroup_enabled`), as it does among containers. And what a container logs
 * is read from a pipe by another process, which writes it down.
 */
function asContainer(command: string): string {
  return `exec setsid --wait sh -c '${command}'`;
}

/** What the documentation's file says, with the directories on the volume and the limits of this load. */
function configuration(
  { app, variant }: Deployment,
  addresses: readonly string[],
  minio: string,
  { user, password }: { readonly user: string; readonly password: string },
): Settings {
  // Three copies are Mimir's own default, which a unit alone cannot have.
  const alone = addresses.length < 3 ? { replication_factor: 1 } : undefined;
  const single = <T extends object>(settings: T) => (alone === undefined ? {} : settings);
  const shown: Settings = {
    target: 'all,alertmanager,overrides-exporter',
    multitenancy_enabled: false,
    usage_stats: { enabled: false },
    activity_tracker: { filepath: '/data/activity.log' },
    // Mimir's own default, and the charm's; the tutorial's `warn` would leave out what is logged of each query.
    server: { http_listen_port: PORT, log_level: 'info' },
    common: {
      storage: {
        backend: 's3',
        s3: {
          endpoint: `${minio}:9000`,
          access_key_id: user,
          secret_access_key: password,
          insecure: true,
          bucket_name: app,
        },
      },
    },
    blocks_storage: {
      storage_prefix: 'blocks',
      tsdb: { dir: '/data/ingester' },
      bucket_store: { sync_dir: '/data/tsdb-sync' },
    },
    compactor: { data_dir: '/data/compactor' },
    memberlist: { join_members: addresses },
    ruler: { rule_path: '/data/ruler', alertmanager_url: `http://127.0.0.1:${PORT}/alertmanager` },
    alertmanager: {
      data_dir: '/data/alertmanager',
      external_url: `http://localhost:${PORT}/alertmanager`,
      ...single({ sharding_ring: { replication_factor: 1 } }),
    },
    ...single({
      ingester: { ring: { replication_factor: 1 } },
      store_gateway: { sharding_ring: { replication_factor: 1 } },
    }),
    limits: {
      ingestion_rate: LIMITS.ingestionRate,
      ingestion_burst_size: LIMITS.burst,
      max_global_series_per_user: LIMITS.series,
    },
  };
  return merged(shown, variant.more ?? {});
}

/** At every depth. */
function merged(settings: Settings, more: Settings): Settings {
  const entries = Object.entries(more).map(([key, value]): [string, Settings[string]] => {
    const before = settings[key];
    const bothNest = before !== undefined && isSettings(before) && isSettings(value);
    return [key, bothNest ? merged(before, value) : value];
  });
  return { ...settings, ...Object.fromEntries(entries) };
}

/** MinIO's own, from the file that it has them from. */
async function credentials(model: Model): Promise<{ readonly user: string; readonly password: string }> {
  const text = await model.juju('ssh', '--container', 'minio', 'minio-k8s/0', 'cat', ROOT_FILE);
  const of = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(text)?.[1] ?? '';
  return { user: of('MINIO_ROOT_USER'), password: of('MINIO_ROOT_PASSWORD') };
}

async function podCharm(folder: string, app: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'metadata.yaml'), metadata(app));
  await writeFile(join(folder, 'dispatch'), '#!/bin/sh\nstatus-set active\n');
  await chmod(join(folder, 'dispatch'), 0o755);
  return folder;
}

/** @throws when one has not even begun. */
async function stillRunning(processes: readonly ChildProcess[]): Promise<void> {
  await sleep(1500);
  const ended = processes.findIndex(({ exitCode }) => exitCode !== null);
  if (ended !== -1) throw new Error(`Mimir ${ended} by hand has ended; its words are in ${LOG_FILE}`);
}
