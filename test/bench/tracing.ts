/**
 * What tracing adds to a dispatch: the same charm on three units, without the relation, with it and a collector that
 * takes traces, and with it and a collector that is away. Their dispatches are run in turn, so that whatever else the
 * machine does meets all three.
 */
import { execFile } from 'node:child_process';
import { cp, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { spec } from '../charms/traced/charm/generated.ts';
import { type HookAgent, hookAgent } from '../support/hook-agent.ts';
import { OtlpReceiver } from '../support/otlp-receiver.ts';
import { quietUnit } from '../support/unit-view.ts';

const ROOT = join(import.meta.dirname, '../..');
const WARM_UP = 3;
/** Hooks of a unit do not come without a pause; what is sent after one is not to meet the next. */
const PAUSE_MS = 600;

/** One dispatch, in milliseconds. */
export interface TracedSample {
  /** From its start to its end. */
  readonly passed: number;
  /** Of its processes, but for those that outlive it: another measure when others use the machine, too. */
  readonly cpu: number;
}

export interface TracingCost {
  readonly samples: Readonly<Record<Unit, readonly TracedSample[]>>;
  /** Spans that the collector received for each dispatch. */
  readonly spans: number;
}

export type Unit = 'without' | 'collecting' | 'away';

const ORDERS: readonly (readonly Unit[])[] = [
  ['without', 'collecting', 'away'],
  ['away', 'without', 'collecting'],
  ['collecting', 'away', 'without'],
];

export async function tracingCost(folder: string, rounds: number): Promise<TracingCost> {
  await using collector = await OtlpReceiver.start({ out: `${folder}.spans` });
  const packed = await pack(`${folder}.packed`);
  const units: Readonly<Record<Unit, string>> = {
    without: await unitIn(join(folder, 'without'), packed),
    collecting: await unitIn(join(folder, 'collecting'), packed, `http://${collector.address}/v1/traces`),
    away: await unitIn(join(folder, 'away'), packed, 'http://127.0.0.1:9/v1/traces'),
  };
  const agent = await hookAgent();
  try {
    const samples: Record<Unit, TracedSample[]> = { without: [], collecting: [], away: [] };
    for (let round = 0; round < WARM_UP + rounds; round++) {
      for (const unit of ORDERS[round % ORDERS.length] ?? []) {
        const sample = await dispatch(agent, units[unit]);
        if (round >= WARM_UP) samples[unit].push(sample);
        await sleep(PAUSE_MS);
      }
    }
    await sleep(1000);
    return { samples, spans: (await collector.spans()).length / (WARM_UP + rounds) };
  } finally {
    await agent.close();
  }
}

async function pack(folder: string): Promise<string> {
  const arch = process.arch === 'arm64' ? 'arm64' : 'amd64';
  const args = [join(ROOT, 'test/charms/traced'), '--arch', arch, '--unpacked', folder];
  await promisify(execFile)(process.execPath, [join(ROOT, 'pack/main.ts'), ...args], { cwd: ROOT });
  return folder;
}

/** Bash tells what its children took, in a file. */
const MEASURED = `#!/bin/bash
./dispatch.packed
code=$?
times > times
exit $code
`;

/** The charm as it lies on a unit; with a URL it has its tracing relation. */
async function unitIn(folder: string, packed: string, url?: string): Promise<string> {
  await cp(packed, folder, { recursive: true });
  await rename(join(folder, 'dispatch'), join(folder, 'dispatch.packed'));
  await writeFile(join(folder, 'dispatch'), MEASURED, { mode: 0o755 });
  if (url !== undefined) await writeFile(join(folder, '.charmwright-tracing'), `${url}\n`);
  return folder;
}

async function dispatch(agent: HookAgent, charm: string): Promise<TracedSample> {
  const { code, stderr, milliseconds } = await agent.run(charm, quietUnit(spec), { kind: 'update-status' });
  if (code !== 0) throw new Error(`the dispatch failed with ${code}: ${stderr}`);
  const children = (await readFile(join(charm, 'times'), 'utf8')).split('\n')[1] ?? '';
  const seconds = [...children.matchAll(/(\d+)m([\d.]+)s/g)].map(([, m, s]) => Number(m) * 60 + Number(s));
  return { passed: milliseconds, cpu: 1000 * seconds.reduce((sum, each) => sum + each, 0) };
}
