/**
 * What tracing adds to a dispatch: the same charm on three units, without the relation, with it and a collector that
 * takes traces, and with it and a collector that is away. Their dispatches are run in turn, so that whatever else the
 * machine does meets all three.
 */
import { execFile } from 'node:child_process';
import { cp, rm, writeFile } from 'node:fs/promises';
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
const PAUSE_MS = 250;

export interface TracingCost {
  /** All times of each unit, in milliseconds. */
  readonly times: Readonly<Record<Unit, readonly number[]>>;
  /** Spans that the collector received for each dispatch. */
  readonly spans: number;
}

export type Unit = 'without' | 'collecting' | 'away';

export async function tracingCost(folder: string, rounds: number, pause = PAUSE_MS): Promise<TracingCost> {
  await using collector = await OtlpReceiver.start({ out: `${folder}.spans` });
  const units: Readonly<Record<Unit, string>> = {
    without: await unitIn(join(folder, 'without')),
    collecting: await unitIn(join(folder, 'collecting'), `http://${collector.address}/v1/traces`),
    away: await unitIn(join(folder, 'away'), 'http://127.0.0.1:9/v1/traces'),
  };
  const agent = await hookAgent();
  try {
    const times: Record<Unit, number[]> = { without: [], collecting: [], away: [] };
    for (let round = 0; round < WARM_UP + rounds; round++) {
      for (const unit of ORDERS[round % ORDERS.length] ?? []) {
        const milliseconds = await dispatch(agent, units[unit]);
        if (round >= WARM_UP) times[unit].push(milliseconds);
        await sleep(pause);
      }
    }
    await sleep(1000);
    const spans = (await collector.spans()).length / (WARM_UP + rounds);
    return { times, spans };
  } finally {
    await agent.close();
  }
}

const ORDERS: readonly (readonly Unit[])[] = [
  ['without', 'collecting', 'away'],
  ['away', 'without', 'collecting'],
  ['collecting', 'away', 'without'],
];

/** The charm as it lies on a unit; with a URL it has its tracing relation. */
async function unitIn(folder: string, url?: string): Promise<string> {
  const packed = `${folder}.packed`;
  const arch = process.arch === 'arm64' ? 'arm64' : 'amd64';
  const pack = [
    join(ROOT, 'pack/main.ts'),
    join(ROOT, 'test/charms/traced'),
    '--arch',
    arch,
    '--unpacked',
    packed,
  ];
  await promisify(execFile)(process.execPath, pack, { cwd: ROOT });
  await cp(packed, folder, { recursive: true });
  await rm(packed, { recursive: true });
  if (url !== undefined) await writeFile(join(folder, '.charmwright-tracing'), `${url}\n`);
  return folder;
}

async function dispatch(agent: HookAgent, charm: string): Promise<number> {
  const { code, stderr, milliseconds } = await agent.run(charm, quietUnit(spec), { kind: 'update-status' });
  if (code !== 0) throw new Error(`the dispatch failed with ${code}: ${stderr}`);
  return milliseconds;
}
