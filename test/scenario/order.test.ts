/** Whatever order the world is told in, what a charm writes is the same, byte by byte. */
import { defineCharm, json } from 'charmwright';
import { type Layer, layerYaml } from 'charmwright/pebble';
import {
  container,
  context,
  type Outcome,
  peerRelation,
  relation,
  type State,
  secret,
  stateOf,
} from 'charmwright/testing';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { FakeMimir } from '../support/fake-mimir.ts';
import { KEYS, mimir, world as mimirWorld, S3_SECRET, s3 } from '../support/mimir-world.ts';
import { detour, type MinioServer, startMinio } from '../support/minio-server.ts';
import { chance, shuffledWorld, withKeysShuffled } from '../support/shuffle.ts';
import { spec } from '../unit/testing/example.ts';
import { minio, world as minioWorld, REGION, ROOT, v0, v1 } from './minio/world.ts';

// New keys would differ by chance.
vi.mock('node:crypto', async (real) => ({ ...(await real()), randomInt: () => 7 }));

const SEEDS = [1, 2, 3, 4, 5];
const WRITES =
  /^(relation-set|state-set|state-delete|open-port|close-port|status-set|secret-(add|set|grant)|application-version-set)$/;

/** All that left the charm: to Juju in any order of the calls, to each container in theirs. */
function written({ hookTools, pebbleCalls, relations, containers, stored, memory, secrets }: Outcome) {
  const byId = <T extends { readonly id: string | number }>(list: readonly T[]): T[] =>
    list.toSorted((a, b) => (String(a.id) < String(b.id) ? -1 : 1));
  return {
    toJuju: hookTools
      .filter(({ tool }) => WRITES.test(tool))
      .map(({ tool, args, stdin = '' }) => JSON.stringify([tool, args, stdin]))
      // The file that a secret travels in has a name of its own each time.
      .map((call) => call.replaceAll(/secret-\w{6}\//g, 'secret-FILE/'))
      .toSorted(),
    toPebble: pebbleCalls
      .filter(({ method }) => /push|addLayer|exec|makeDir|remove|notify/.test(method))
      .map(({ container: name, method, args }) => JSON.stringify([name, method, args.map(sent)])),
    bags: byId(relations).map(({ id, localAppData, localUnitData }) => ({ id, localAppData, localUnitData })),
    files: Object.values(containers).map(({ name, files }) => ({ name, files })),
    secrets: byId(secrets).map(({ id, label, revisions }) => ({ id, label, revisions })),
    stored,
    memory,
  };
}

/** A layer as the client sends it. */
function sent(arg: unknown): unknown {
  return isLayer(arg) ? layerYaml(arg) : arg;
}

function isLayer(arg: unknown): arg is Layer {
  return typeof arg === 'object' && arg !== null && ('services' in arg || 'checks' in arg);
}

async function expectSameBytes(before: State, run: (state: State) => Promise<Outcome>): Promise<void> {
  const first = written(await run(before));
  expect(first.toJuju.length).toBeGreaterThan(3);
  expect(first.toPebble.length).toBeGreaterThan(0);
  for (const seed of SEEDS)
    expect(written(await run(shuffledWorld(before, seed))), `shuffled with ${seed}`).toEqual(first);
}

describe('what the Mimir charm writes', () => {
  const HOST = '127.78.1.4';
  let server: FakeMimir;
  beforeAll(async () => {
    server = await FakeMimir.at(HOST);
  });
  afterAll(() => server[Symbol.asyncDispose]());

  test('does not depend on the order of relations, units, keys, secrets and options', async () => {
    const before = mimirWorld(HOST, {
      plannedUnits: 3,
      relations: [
        peerRelation('mimir-peers', { id: 1, units: { 1: { hostname: 'a' }, 2: { hostname: 'b' } } }),
        s3(HOST, { region: 'eu-1', 's3-uri-style': 'path' }),
        ...[5, 15].map((id) => relation('receive-remote-write', { id, remoteApp: `agent${id}` })),
        ...[6, 16].map((id) => relation('grafana-source', { id, remoteApp: `grafana${id}` })),
      ],
      secrets: [S3_SECRET, secret({ content: KEYS })],
      config: { 'log-level': 'debug', 'metrics-retention-period': '30d' },
    });
    await expectSameBytes(before, (state) => mimir.run({ kind: 'pebble-ready', container: 'mimir' }, state));
  });
});

describe('what the MinIO charm writes', () => {
  let server: MinioServer;
  let way: ReturnType<typeof detour>;
  beforeAll(async () => {
    server = await startMinio(ROOT, REGION);
    way = detour('http://127.0.0.1:9000', server.url);
  }, 300_000);
  afterAll(async () => {
    await way.end();
    await server.stop();
  });

  test('does not depend on the order of relations, keys and secrets', async () => {
    const before = minioWorld({
      relations: [v1(70, 'seventy'), v0(71, 'seventy-one'), v1(72, 'seventy', 'rival'), v1(73, 'x-y')],
      config: { region: 'us-east-1', 'shared-buckets': false },
    });
    await expectSameBytes(before, (state) => minio.run({ kind: 'pebble-ready', container: 'minio' }, state));
  });
});

describe('what the framework writes', () => {
  const data = { zone: 'b', area: { y: 1, x: { d: '4', c: '3' } }, list: ['q', 'a'] };
  const bag = z.object({ data: json(z.unknown()), b: z.string(), a: z.string() });

  test('equal data is equal text: in databags, layers and what is stored', async () => {
    const run = async (seed: number) => {
      const mixed = <T>(value: T): T => (seed === 0 ? value : withKeysShuffled(value, chance(seed)));
      const charm = defineCharm(spec, {
        endpoints: { site: { localApp: bag, localUnit: bag } },
        reconcile: async (juju) => {
          for (const site of await juju.relations('site')) {
            await site.publishApp(mixed({ data, b: '1', a: '2' }));
            await site.publishUnit(mixed({ data, b: '1', a: '2' }));
          }
          juju.store('data', mixed(data));
          await juju.setPorts(seed % 2 === 0 ? [80, 443, 9] : [443, 9, 80]);
          const service = { override: 'replace', command: 'serve', environment: { B: '1', A: '2' } } as const;
          await juju.container('web').addLayer('web', mixed({ services: { web: service, api: service } }), {
            combine: true,
          });
          await juju.secrets.put('unit', 'keys', mixed({ 'key-b': '1', 'key-a': '2' }));
        },
        actions: { greet: () => ({}) },
      });
      const before = minioWorld({
        relations: [relation('site', { id: 3, remoteApp: 'a' }), relation('site', { id: 4, remoteApp: 'b' })],
        secrets: [],
        containers: [container('web')],
      });
      const first = await context(charm).run('start', seed === 0 ? before : shuffledWorld(before, seed));
      // Told the same again in yet another order, nothing is written at all.
      const again = await context(charm).run('update-status', stateOf(first));
      expect(again.hookTools.map(({ tool }) => tool).filter((tool) => WRITES.test(tool))).toEqual([]);
      return written(first);
    };
    const first = await run(0);
    expect(first.toJuju.length).toBeGreaterThan(6);
    for (const seed of SEEDS) expect(await run(seed), `shuffled with ${seed}`).toEqual(first);
  });
});
