/** The rules of a hundred senders brought into a ruler on MinIO, by the charm's own code and by Grafana's mimirtool. */
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { MimirApi } from '../../charm/mimir-api.ts';
import { namespaceOf } from '../../charm/sender-rules/record.ts';
import type { Sent } from '../../charm/sender-rules/sync.ts';
import { peer } from '../../tools/peers.ts';
import { median } from './dispatch.ts';
import { syncAll, TENANT, withRuler } from './ruler.ts';
import { groupsOf, SENDERS, sentBy } from './rules.ts';

const HOST = '127.77.62.1';
/** Senders of which one group changes. */
const CHANGED = 50;

const STEPS = {
  'nothing there, 2,000 groups wanted': { folder: 'all', isFirst: true },
  '2,000 groups there, 50 of them changed': { folder: 'changed', isFirst: false },
} as const;
type Step = keyof typeof STEPS;

/** Milliseconds, the median of all rounds. */
export interface Comparison {
  readonly step: Step;
  readonly ours: number;
  readonly theirs: number;
}

/** @throws when the two do not leave the same rules behind. */
export async function rulesSync(folder: string, rounds: number): Promise<readonly Comparison[]> {
  await writeFolders(folder);
  return withRuler(HOST, (url) => compare(url, folder, rounds));
}

async function compare(url: string, folder: string, rounds: number): Promise<readonly Comparison[]> {
  const steps = Object.keys(STEPS) as readonly Step[];
  const times = new Map(steps.map((step) => [step, { ours: [] as number[], theirs: [] as number[] }]));
  for (let round = 0; round < rounds; round++) {
    const left = new Map<string, string>();
    // In turn, so that whatever else the machine does meets both.
    for (const who of ['ours', 'theirs'] as const) {
      await wipe(url);
      for (const step of steps) {
        const begun = performance.now();
        await (who === 'ours' ? sync(url, step) : mimirtool(url, join(folder, STEPS[step].folder)));
        times.get(step)?.[who].push(performance.now() - begun);
        const rules = await listing(url);
        if ((left.get(step) ?? rules) !== rules) throw new Error(`${step}: the two leave different rules`);
        left.set(step, rules);
      }
    }
  }
  return steps.map((step) => ({
    step,
    ours: median(times.get(step)?.ours ?? []),
    theirs: median(times.get(step)?.theirs ?? []),
  }));
}

async function sync(url: string, step: Step): Promise<void> {
  const { isFirst } = STEPS[step];
  const sent: readonly Sent[] = Array.from({ length: isFirst ? SENDERS : CHANGED }, (_, i) => ({
    key: `${i}:agent`,
    text: sentBy(i, isFirst ? undefined : i % 20),
    mayBeThere: !isFirst,
  }));
  await syncAll(new MimirApi(url), sent);
}

async function mimirtool(url: string, folder: string): Promise<void> {
  const args = ['rules', 'sync', `--address=${url}`, `--id=${TENANT}`, `--rule-dirs=${folder}`];
  await promisify(execFile)(await peer('mimirtool'), args, { maxBuffer: 16e6 });
}

async function writeFolders(folder: string): Promise<void> {
  for (const name of ['all', 'changed']) {
    await mkdir(join(folder, name), { recursive: true });
    for (let i = 0; i < SENDERS; i++) {
      const groups = groupsOf(i, name === 'changed' && i < CHANGED ? i % 20 : undefined);
      const file = stringify({ namespace: namespaceOf(`${i}:agent`), groups }, { lineWidth: 0 });
      await writeFile(join(folder, name, `${i}.yaml`), file);
    }
  }
}

async function listing(url: string): Promise<string> {
  return (await fetch(`${url}/prometheus/config/v1/rules`)).text();
}

async function wipe(url: string): Promise<void> {
  const answer = await fetch(`${url}/ruler/delete_tenant_config`, {
    method: 'POST',
    headers: { 'x-scope-orgid': TENANT },
  });
  if (!answer.ok) throw new Error(`the rules could not be deleted: ${answer.status}`);
}
