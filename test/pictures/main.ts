/**
 * Draws our dashboards as PNG files, from a real Mimir under load: Grafana itself is in no registry.
 *
 * `node test/pictures/main.ts [MINUTES]` writes docs/pictures/NAME.png after so many minutes of load. It needs Debian's
 * chromium and pngquant.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import {
  injectedDashboards,
  type Line,
  linesOf,
  type NamedDashboard,
  type Source,
} from '../support/dashboard-data.ts';
import { OPERATORS, startLoadedMimir, TOPOLOGY } from '../support/mimir-under-load.ts';
import { page } from './page.ts';

const HOST = '127.77.3.2';
const PICTURES = join(import.meta.dirname, '../../docs/pictures');
const VARIABLES = { ...TOPOLOGY, juju_unit: '.*', tenant: '.*', __rate_interval: '30s' };

const minutes = Number(process.argv[2] ?? 6);
const folder = await mkdtemp(join(tmpdir(), 'pictures-'));
try {
  await using mimir = await startLoadedMimir(HOST);
  const from = Date.now() / 1000;
  console.log(`${minutes} minutes of load`);
  await sleep(minutes * 60_000);
  const source = { url: mimir.url, tenant: OPERATORS, variables: VARIABLES };
  for (const each of injectedDashboards()) await draw(each, source, from);
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function draw({ name, dashboard }: NamedDashboard, source: Source, from: number): Promise<void> {
  const range = { from, to: Date.now() / 1000, step: 5 };
  const lines = new Map<number, readonly Line[]>();
  for (const panel of dashboard.panels) {
    const found = await Promise.all(panel.targets.map((target) => linesOf(source, panel, target, range)));
    lines.set(panel.id, found.flat());
  }
  const { html, width, height } = page(dashboard, lines, range);
  const file = join(folder, `${name}.html`);
  const picture = join(PICTURES, `${name}.png`);
  await writeFile(file, html);
  const words = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--hide-scrollbars',
    `--user-data-dir=${folder}/profile`,
  ];
  const shot = [`--screenshot=${picture}`, `--window-size=${width},${height}`, `file://${file}`];
  await promisify(execFile)('chromium', [...words, ...shot], { timeout: 120_000 });
  await promisify(execFile)('pngquant', ['48', '--nofs', '--force', '--output', picture, picture]);
  console.log(`${picture}: ${Math.round((await stat(picture)).size / 1000)} kB`);
}
