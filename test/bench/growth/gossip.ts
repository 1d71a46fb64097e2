/** How fast a growing cluster of real ingesters learns of a newcomer, and what its gossip costs while nothing happens. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { peer } from '../../../tools/peers.ts';
import { type Chart, sheet } from '../../pictures/chart.ts';
import { median } from '../dispatch.ts';
import { table } from '../figures.ts';
import { usageOf } from '../load/usage.ts';
import { type Measured, slope } from './measured.ts';

const COUNTS = [5, 10, 20, 40];
const PORT = 8080;
const AT_A_TIME = 4;
const POLL_MS = 100;
const WATCHED_MS = 15_000;
const LONGEST_MS = 90_000;

interface Gossip {
  readonly members: number;
  /** From when a newcomer is in its own ring until it is in everybody's, and in that of half of them. */
  readonly seconds: number;
  readonly halfSeconds: number;
  /** What each sends, and the processor time of each, while nothing happens. */
  readonly bytesPerSecond: number;
  readonly cores: number;
  /** Of the ring's value, which is sent whole now and then. */
  readonly ringBytes: number;
}

export async function gossip(): Promise<Measured> {
  const folder = await mkdtemp(join(tmpdir(), 'gossip-'));
  const cluster = new Cluster(folder, await peer('mimir'));
  try {
    const results: Gossip[] = [];
    for (const count of COUNTS) results.push(await cluster.grow(count));
    return told(results);
  } finally {
    await cluster.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

class Cluster {
  readonly #folder: string;
  readonly #mimir: string;
  readonly #members: ChildProcess[] = [];

  constructor(folder: string, mimir: string) {
    this.#folder = folder;
    this.#mimir = mimir;
  }

  /** To one less first; the last one is the newcomer. */
  async grow(count: number): Promise<Gossip> {
    while (this.#members.length < count - 1) {
      const more = Math.min(AT_A_TIME, count - 1 - this.#members.length);
      for (let i = 0; i < more; i++) this.#start();
      await this.#allSee(this.#members.length);
    }
    const times = await this.#newcomer();
    const before = await this.#spent();
    await sleep(WATCHED_MS);
    const after = await this.#spent();
    const each = (spent: number) => spent / (WATCHED_MS / 1000) / count;
    return {
      members: count,
      seconds: Math.max(...times) / 1000,
      halfSeconds: median(times) / 1000,
      bytesPerSecond: each(after.bytes - before.bytes),
      cores: each(after.cpuSeconds - before.cpuSeconds),
      ringBytes: await ringBytes(),
    };
  }

  async stop(): Promise<void> {
    for (const member of this.#members) {
      if (member.exitCode !== null || member.signalCode !== null) continue;
      const ended = once(member, 'exit');
      member.kill('SIGKILL');
      await ended;
    }
  }

  /** @returns for each of the others, the milliseconds until it knew. */
  async #newcomer(): Promise<readonly number[]> {
    const others = this.#members.length;
    this.#start();
    const count = others + 1;
    await untilSeen(addressOf(others), count);
    const begun = performance.now();
    return Promise.all(
      Array.from({ length: others }, async (_, i) => {
        await untilSeen(addressOf(i), count);
        return performance.now() - begun;
      }),
    );
  }

  async #allSee(count: number): Promise<void> {
    await Promise.all(this.#members.map((_, i) => untilSeen(addressOf(i), count)));
  }

  async #spent(): Promise<{ readonly bytes: number; readonly cpuSeconds: number }> {
    const sent = await Promise.all(
      this.#members.map((_, i) => metric(addressOf(i), 'memberlist_tcp_transport_sent_bytes_total')),
    );
    const { cpuSeconds } = await usageOf(this.#members.flatMap(({ pid }) => pid ?? []));
    return { bytes: sent.reduce((sum, bytes) => sum + bytes, 0), cpuSeconds };
  }

  #start(): void {
    const number = this.#members.length;
    const address = addressOf(number);
    const listen = ['server.http-listen-address', 'server.grpc-listen-address', 'memberlist.bind-addr'];
    const flags = {
      target: 'ingester',
      'usage-stats.enabled': 'false',
      'activity-tracker.filepath': '',
      ...Object.fromEntries(listen.map((name) => [name, address])),
      'memberlist.advertise-addr': address,
      'memberlist.nodename': `member-${number}`,
      'memberlist.join': `${addressOf(0)}:7946`,
      'memberlist.cluster-label': `gossip-${process.pid}`,
      'ingester.ring.instance-addr': address,
      'ingester.ring.instance-id': `member-${number}`,
      'common.storage.backend': 'filesystem',
      'common.storage.filesystem.dir': join(this.#folder, 'store'),
      'blocks-storage.storage-prefix': 'blocks',
      'blocks-storage.tsdb.dir': join(this.#folder, `tsdb-${number}`),
    };
    const words = Object.entries(flags).map(([name, value]) => `-${name}=${value}`);
    this.#members.push(spawn(this.#mimir, words, { stdio: 'ignore', cwd: this.#folder }));
  }
}

function addressOf(number: number): string {
  return `127.77.71.${number + 1}`;
}

async function untilSeen(address: string, count: number): Promise<void> {
  const end = Date.now() + LONGEST_MS;
  for (let seen = 0; seen !== count; await sleep(POLL_MS)) {
    seen = await metric(address, 'cortex_ring_members{name="ingester",state="ACTIVE"}').catch(() => 0);
    if (seen !== count && Date.now() > end) throw new Error(`${address} sees ${seen} members, not ${count}`);
    if (seen === count) return;
  }
}

async function metric(address: string, series: string): Promise<number> {
  const [name = ''] = series.split('{');
  const { body } = await request(`http://${address}:${PORT}/metrics?name[]=${name}`);
  const line = (await body.text()).split('\n').find((each) => each.startsWith(`${series} `));
  return Number(line?.slice(series.length + 1) ?? 0);
}

async function ringBytes(): Promise<number> {
  const url = `http://${addressOf(0)}:${PORT}/memberlist?downloadKey=${encodeURIComponent('collectors/ring')}`;
  return (await (await request(url)).body.arrayBuffer()).byteLength;
}

function told(results: readonly Gossip[]): Measured {
  const chart = (title: string, unit: string, curves: Readonly<Record<string, keyof Gossip>>): Chart => ({
    kind: 'lines',
    title,
    unit,
    x: 'ingesters',
    curves: Object.entries(curves).map(([legend, key]) => ({
      legend,
      points: results.map((result) => [result.members, result[key]] as const),
    })),
  });
  const rows = results.map(({ members, seconds, halfSeconds, bytesPerSecond, cores, ringBytes }) => [
    `${members}`,
    `${halfSeconds.toFixed(1)} s`,
    `${seconds.toFixed(1)} s`,
    `${Math.round(bytesPerSecond)} B/s`,
    `${(cores * 1000).toFixed(1)} m`,
    `${ringBytes} B`,
  ]);
  const head = [
    'ingesters',
    'half know a newcomer after',
    'all after',
    'each sends',
    'CPU of each, in thousandths of a core',
    'the ring',
  ];
  const counts = results.map(({ members }) => members);
  const of = (key: keyof Gossip) => results.map((result) => result[key]);
  return {
    facts: {
      ringForEach: slope(counts, of('ringBytes')),
      gossipForEach: slope(counts, of('bytesPerSecond')),
      membersOfGossip: Math.max(...counts),
      knownToAllAfter: Math.max(...of('seconds')),
    },
    figures: [],
    pictures: [
      {
        file: 'growth-gossip.svg',
        about: 'Memberlist, by how many ingesters there are',
        svg: sheet([
          chart('a newcomer is known', 's', { 'to half of the others': 'halfSeconds', 'to all': 'seconds' }),
          chart('what each sends while nothing happens', 'Bps', { 'a second': 'bytesPerSecond' }),
          chart('the ring, which is sent whole now and then', 'bytes', { 'all tokens': 'ringBytes' }),
          chart('processor of each, while nothing happens', 'percentunit', { 'of a core': 'cores' }),
        ]),
      },
    ],
    text: table([head, ...rows]),
  };
}
