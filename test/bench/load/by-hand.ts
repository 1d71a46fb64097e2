/**
 * Mimir without a charm: the same binary, in pods of the same model, configured as Mimir's documentation shows it for
 * several monolithic units on S3 that find each other by memberlist (its tutorial "play with Grafana Mimir").
 */
import type { ChildProcess } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { toYaml } from '../../../charm/plan/mimir-config.ts';
import { ROOT_FILE } from '../../../minio/charm/plan/layer.ts';
import { image } from '../../../tools/peers.ts';
import type { Model } from '../model.ts';
import { LIMITS } from './limits.ts';

const APP = 'by-hand';
const PORT = 8080;
const BUCKET = 'by-hand';
/** By which its processes are told from the charm's. */
export const BY_HAND_FILE = '/data/by-hand.yaml';

/** A pod with Mimir's image and a volume, like the charm's. Nothing runs in it by itself. */
const METADATA = `name: ${APP}
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

/** The model has a MinIO. @param folder for the charm's files. */
export async function deployByHand(model: Model, folder: string, units: number): Promise<ByHand> {
  const mimirImage = `mimir-image=${await image('mimir')}`;
  await model.juju('deploy', await podCharm(folder), '--resource', mimirImage, '-n', String(units));
  await model.juju('wait-for', 'application', APP, '--query', 'status=="active"', '--timeout', '60s');
  await model.settled();
  const addresses = await model.addresses(APP);
  const [minio = ''] = await model.addresses('minio-k8s');
  await model.juju('run', 'minio-k8s/0', 'create-bucket', `name=${BUCKET}`);
  const text = configuration(addresses, minio, await credentials(model));
  const processes: ChildProcess[] = [];
  for (const number of addresses.keys()) {
    const inside = ['ssh', '--container', 'mimir', `${APP}/${number}`];
    const encoded = Buffer.from(text).toString('base64');
    await model.juju(...inside, 'sh', '-c', `echo ${encoded} | base64 -d > ${BY_HAND_FILE}`);
    processes.push(model.background(...inside, '/bin/mimir', `-config.file=${BY_HAND_FILE}`));
  }
  await stillRunning(processes);
  return {
    urls: addresses.map((address) => `http://${address}:${PORT}`),
    stop: () => {
      for (const process of processes) process.kill();
    },
  };
}

/** What the documentation's file says, with the directories on the volume and the limits of this load. */
function configuration(
  addresses: readonly string[],
  minio: string,
  { user, password }: { readonly user: string; readonly password: string },
): string {
  // Three copies are Mimir's own default, which a unit alone cannot have.
  const alone = addresses.length < 3 ? { replication_factor: 1 } : undefined;
  const single = <T extends object>(settings: T) => (alone === undefined ? {} : settings);
  return toYaml({
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
          bucket_name: BUCKET,
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
  });
}

/** MinIO's own, from the file that it has them from. */
async function credentials(model: Model): Promise<{ readonly user: string; readonly password: string }> {
  const text = await model.juju('ssh', '--container', 'minio', 'minio-k8s/0', 'cat', ROOT_FILE);
  const of = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(text)?.[1] ?? '';
  return { user: of('MINIO_ROOT_USER'), password: of('MINIO_ROOT_PASSWORD') };
}

async function podCharm(parent: string): Promise<string> {
  const folder = join(parent, APP);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'metadata.yaml'), METADATA);
  await writeFile(join(folder, 'dispatch'), '#!/bin/sh\nstatus-set active\n');
  await chmod(join(folder, 'dispatch'), 0o755);
  return folder;
}

/** @throws with what Mimir said when it has not even begun. */
async function stillRunning(processes: readonly ChildProcess[]): Promise<void> {
  const said = processes.map(() => '');
  processes.forEach((process, i) => {
    process.stderr?.on('data', (text) => {
      said[i] = `${said[i]}${String(text)}`.slice(-2000);
    });
  });
  await sleep(1500);
  processes.forEach((process, i) => {
    if (process.exitCode !== null) throw new Error(`Mimir by hand has ended: ${said[i]}`);
  });
}
