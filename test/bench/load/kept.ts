/** What was measured, as JSON: figures of several runs make one page. */
import { readFile, writeFile } from 'node:fs/promises';
import * as z from 'zod';
import { parseJson } from '../../../lib/json.ts';
import { resultShape } from './protocol.ts';
import { NAMES } from './sides.ts';
import type { Topology } from './turns.ts';

const spent = z.object({ cpuSeconds: z.number(), waitedSeconds: z.number() });
const turn = z.object({
  push: resultShape,
  pushUsage: spent,
  mixed: resultShape,
  mixedUsage: spent,
  residentBytes: z.number(),
});
const topologies = z.array(
  z.object({
    units: z.int(),
    series: z.int(),
    pushSeconds: z.number(),
    pacedSeconds: z.number(),
    pushesPerSecond: z.number(),
    queriesPerSecond: z.number(),
    hours: z.int(),
    sides: z.array(z.object({ name: z.enum(NAMES), turns: z.array(turn) })),
  }),
);

export async function keep(file: string, measured: readonly Topology[]): Promise<void> {
  await writeFile(file, JSON.stringify(measured));
}

/** Of all files, a deployment each. */
export async function kept(files: readonly string[]): Promise<readonly Topology[]> {
  const each = await Promise.all(
    files.map(async (file) => topologies.parse(parseJson(await readFile(file, 'utf8')))),
  );
  return each.flat();
}

/** Turns of all deployments with the same number of units count as those of one. */
export function together(deployments: readonly Topology[]): readonly Topology[] {
  return [...Map.groupBy(deployments, ({ units }) => units).values()].flatMap(joined);
}

/** @throws when they cannot be one run: each side must be in all of them. */
function joined(runs: readonly Topology[]): readonly Topology[] {
  const [first] = runs;
  if (first === undefined) return [];
  const sides = first.sides.map(({ name }) => ({
    name,
    turns: runs.flatMap((run) => {
      const side = run.sides.find((other) => other.name === name);
      if (side === undefined) throw new RangeError(`one run of ${run.units} units has no side "${name}"`);
      return side.turns;
    }),
  }));
  const paces = runs.map(({ pushesPerSecond }) => pushesPerSecond);
  const pushesPerSecond = Math.round(paces.reduce((sum, pace) => sum + pace, 0) / paces.length);
  return [{ ...first, sides, pushesPerSecond }];
}
