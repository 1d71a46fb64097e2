/** The real programs that the local model, the demo and the tests run. */
import { join } from 'node:path';
import { built, PeerError, type Recipe } from './build.ts';
import { KUBERNETES_PROGRAMS, PROGRAMS } from './programs.ts';

// Service discovery that asks a cloud is most of what Prometheus compiles; the tests give it its targets in files.
const PROMETHEUS_TAGS = ['remove_all_sd'];
const PROMETHEUS_VERSION = { 'github.com/prometheus/common/version.Version': '3.13.5' };

/** In the order in which they are built when all are wanted: what others wait for first, what takes long last. */
const RECIPES = {
  ...PROGRAMS,
  'charm-check': { package: '.' },
  'otlp-receiver': { package: '.' },
  sherve: { package: '.' },
  'go-httpbin': { package: 'github.com/mccutchen/go-httpbin/v2/cmd/go-httpbin' },
  minio: {
    package: 'github.com/minio/minio',
    // Without these MinIO calls itself DEVELOPMENT.GOGET; the date is that of the pinned commit.
    define: {
      'github.com/minio/minio/cmd.Version': '2026-02-12T20:18:48Z',
      'github.com/minio/minio/cmd.ReleaseTag': 'DEVELOPMENT.2026-02-12T20-18-48Z',
    },
  },
  mimir: {
    package: 'github.com/grafana/mimir/cmd/mimir',
    // Mimir's own Makefile sets these; a module build has no git checkout to take them from.
    define: {
      'github.com/grafana/mimir/pkg/util/version.Version': '3.0.5',
      'github.com/grafana/mimir/pkg/util/version.Revision': 'aced80d74930',
      'github.com/grafana/mimir/pkg/util/version.Branch': 'HEAD',
    },
  },
  mimirtool: { package: 'github.com/grafana/mimir/cmd/mimirtool', pin: 'mimir' },
  prometheus: {
    package: 'github.com/prometheus/prometheus/cmd/prometheus',
    define: PROMETHEUS_VERSION,
    tags: PROMETHEUS_TAGS,
  },
  promtool: {
    package: 'github.com/prometheus/prometheus/cmd/promtool',
    pin: 'prometheus',
    define: PROMETHEUS_VERSION,
    tags: PROMETHEUS_TAGS,
  },
  ...KUBERNETES_PROGRAMS,
  // After the API server, with which it has most of its packages in common.
  'statefulset-controller': { package: '.' },
} as const satisfies Record<string, Recipe>;

export type PeerName = keyof typeof RECIPES;
/** The peers that run as a workload, inside a container of a unit. */
export type ImageName = (typeof IMAGE_NAMES)[number];
const IMAGE_NAMES = [
  'mimir',
  'minio',
  'otlp-receiver',
  'sherve',
  'go-httpbin',
  'prometheus',
] as const satisfies readonly PeerName[];

export const PEER_NAMES: readonly PeerName[] = Object.keys(RECIPES).filter(isPeerName);

function isPeerName(name: string): name is PeerName {
  return Object.hasOwn(RECIPES, name);
}

/**
 * The absolute path of a peer's binary; builds it first when the cache has none.
 * @throws PeerError when Go is missing or too old, or the build fails.
 */
export async function peer(name: PeerName): Promise<string> {
  return join(await built(name, RECIPES[name]), 'bin', name);
}

/**
 * The absolute path of an image folder for the local model: a root file system that holds `bin/<name>` only, as
 * upstream's images without a shell do.
 * @throws PeerError as {@link peer}.
 */
export async function image(name: ImageName): Promise<string> {
  return built(name, RECIPES[name]);
}

/** `peers.ts [name ...]` prints where each is; `peers.ts --image NAME` an image folder's path and nothing else. */
async function main([first = '', ...rest]: readonly string[]): Promise<number> {
  if (first === '--image') return printImage(rest[0] ?? '');
  const names = first === '' ? [] : [first, ...rest];
  const unknown = names.filter((name) => !isPeerName(name));
  if (unknown.length > 0) {
    console.error(`No peer is named ${unknown.join(', ')}. There are: ${PEER_NAMES.join(', ')}.`);
    return 2;
  }
  for (const name of names.length > 0 ? names.filter(isPeerName) : PEER_NAMES) {
    try {
      console.log(`${name.padEnd(12)} ${await peer(name)}`);
    } catch (error) {
      if (!(error instanceof PeerError)) throw error;
      console.error(error.message);
      return 1;
    }
  }
  return 0;
}

async function printImage(name: string): Promise<number> {
  const known = IMAGE_NAMES.find((each) => each === name);
  if (known === undefined) {
    console.error(`There is no image "${name}". There are: ${IMAGE_NAMES.join(', ')}.`);
    return 2;
  }
  console.log(await image(known));
  return 0;
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
