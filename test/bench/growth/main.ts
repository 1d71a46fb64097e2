/**
 * `npm run bench:growth`: what Mimir's charm costs as its surroundings grow. `--write` puts table and plots into
 * docs/reference/growth.md, and what it comes to for a billion series into docs/explanation/a-billion-series.md; `--only hooks,rules,gossip` measures some of it. Exit code 1 when something grows faster than what
 * it depends on.
 */
import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { figureTable, writeInto } from '../figures.ts';
import { gossip } from './gossip.ts';
import { hooks } from './hooks.ts';
import type { Measured } from './measured.ts';
import { costs, sizes } from './plan.ts';
import { rules } from './rules.ts';

const DOCS = join(import.meta.dirname, '../../../docs');
const PAGE = join(DOCS, 'reference', 'growth.md');
const PLAN = join(DOCS, 'explanation', 'a-billion-series.md');
const PARTS = { hooks, rules, gossip } as const satisfies Record<
  string,
  (rounds: number) => Promise<Measured>
>;

const { values } = parseArgs({
  options: {
    write: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    only: { type: 'string', default: Object.keys(PARTS).join() },
  },
});

const results: Measured[] = [];
for (const [name, measure] of Object.entries(PARTS)) {
  if (!values.only.split(',').includes(name)) continue;
  process.stderr.write(`bench: ${name}\n`);
  results.push(await measure(Number(values.rounds)));
}
const figures = results.flatMap((result) => result.figures);
const machine = `Measured on ${cpus().length} × ${cpus()[0]?.model.trim()}, ${new Date().toISOString().slice(0, 10)}.`;
const pictures = results.flatMap((result) => result.pictures);
const shown = pictures.map(({ file, about }) => `![${about}](../pictures/${file})`);
const text = [figureTable(figures), machine, ...shown, ...results.map(({ text }) => text)].join('\n\n');
console.log(text);
const facts = Object.assign({}, ...results.map(({ facts }) => facts));
const plan = [sizes(), costs(facts), machine].join('\n\n');
console.log(plan);
if (values.write) {
  // A plan is made of one run.
  if (results.length === Object.keys(PARTS).length) await writeInto(PLAN, plan);
  for (const { file, svg } of pictures) await writeFile(join(DOCS, 'pictures', file), svg);
  await writeInto(PAGE, text);
}
process.exitCode = figures.every(({ holds }) => holds) ? 0 : 1;
