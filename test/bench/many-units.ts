/** One relation with up to a thousand units at its other end: what reading them all costs. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type RelationView, readCharmSpec } from 'charmwright/juju';
import { REMOTE_FOLDER } from '../../lib/model/charm-files.ts';
import { hookAgent } from '../support/hook-agent.ts';
import { quietUnit } from '../support/unit-view.ts';
import { packedCharm } from './charms.ts';
import { median } from './dispatch.ts';

const ROUNDS = 7;

export interface ManyUnits {
  readonly units: number;
  readonly milliseconds: number;
  readonly processes: number;
  /** Processes at the same time, as the agent sees them. */
  readonly mostAtOnce: number;
  /** The largest the charm's own process became. */
  readonly megabytes: number;
}

/** Loaded before the charm: tells how large the process has been when it ends. */
const PROBE = `process.on('exit', () => {
  require('node:fs').writeFileSync(process.env.BENCH_MEMORY, String(process.resourceUsage().maxRSS));
});`;

/**
 * Runs the feeds charm in `update-status`, with the real client of the hook tools and the agent's side in this
 * process, so that each question is a process as on a unit.
 */
export async function manyUnits(folder: string, counts: readonly number[]): Promise<readonly ManyUnits[]> {
  const charm = await packedCharm('feeds', folder);
  const spec = await readCharmSpec(charm);
  const [probe, memory] = [join(folder, 'probe.cjs'), join(folder, 'memory')];
  await writeFile(probe, PROBE);
  const env = { NODE_OPTIONS: `--require=${probe}`, BENCH_MEMORY: memory };
  const agent = await hookAgent();
  try {
    const results: ManyUnits[] = [];
    for (const units of counts) {
      let view = quietUnit(spec, { relations: [relationOf(units)] });
      const times: number[] = [];
      let result: Omit<ManyUnits, 'milliseconds'> | undefined;
      // The first dispatch publishes, and the unit remembers it.
      for (let round = 0; round <= ROUNDS; round++) {
        // As after an event of the relation: nothing of it is remembered.
        await rm(join(charm, REMOTE_FOLDER), { recursive: true, force: true });
        const run = await agent.run(charm, view, { kind: 'update-status' }, { env });
        if (run.code !== 0) throw new Error(`the dispatch failed: ${run.stderr}`);
        view = { ...view, state: { ...view.state, ...run.pending.stateSet } };
        if (round > 0) times.push(run.milliseconds);
        result = {
          units,
          processes: run.calls.length,
          mostAtOnce: run.mostAtOnce,
          megabytes: Number(await readFile(memory, 'utf8')) / 1024,
        };
      }
      if (result !== undefined) results.push({ ...result, milliseconds: median(times) });
    }
    return results;
  } finally {
    await agent.close();
  }
}

function relationOf(units: number): RelationView {
  const members = Array.from({ length: units }, (_, i) => `source-k8s/${i}`);
  return {
    id: 1,
    endpoint: 'feed',
    remoteApp: 'source-k8s',
    entered: true,
    broken: false,
    members,
    ownUnit: {},
    ownApp: {},
    remoteAppData: { port: '8080' },
    remoteUnits: Object.fromEntries(
      members.map((name, i) => [name, { address: `10.0.${i >> 8}.${i & 255}` }]),
    ),
  };
}
