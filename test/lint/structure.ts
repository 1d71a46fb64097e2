/**
 * The house rules that a formatter cannot see: imports point downwards, there are no circles, plans do no I/O,
 * generated files are what their sources say, and no file has grown into several rooms.
 */
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, normalize, relative } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
const LONGEST_FILE = 600;

/**
 * From the roof down, as paths. A room may import from itself and from rooms further down in this list. What
 * declares the Mimir charm stands above its actions, and those above what they work with.
 */
const FLOORS: readonly (readonly string[])[] = [
  ['demo', 'test', 'docs'],
  ['charm/main.ts', 'charm/charm.ts', 'minio', 'examples', 'local', 'pack', 'monitoring'],
  ['actions'],
  ['charm'],
  ['relations', 's3'],
  ['tools'],
  ['lib'],
];

/** Inside lib, the same rule with its own floors. */
const LIB_FLOORS: readonly (readonly string[])[] = [
  ['cli'],
  ['index.ts', 'testing', 'generate'],
  ['dispatch', 'tracing', 'recording'],
  ['snapshot'],
  ['charm.ts'],
  ['model'],
  ['log.ts', 'jujuc'],
  ['hook-tools', 'workload'],
  ['pebble', 'kubernetes'],
  ['events'],
  ['spec'],
  ['errors.ts', 'http.ts', 'juju-version.ts'],
];

/** What charmwright lets others import, and the file that each stands for. */
const ENTRIES: Readonly<Record<string, string>> = JSON.parse(
  await readFile(join(ROOT, 'lib', 'package.json'), 'utf8'),
).exports;

/** Modules that touch the world; a plan must not. */
const IO = [/^node:(fs|child_process|net|http|https|dgram|os|process|worker_threads)/, /^undici$/];

interface Source {
  readonly file: string;
  readonly imports: readonly string[];
  readonly lines: number;
  /** The import of zod that a bundle cannot shake: all of zod, 10 ms of every hook. */
  readonly wholeZod: boolean;
}

const sources = await readSources();
const problems = [
  ...sources.flatMap(checkFloor),
  ...sources.flatMap(checkPlan),
  ...sources.flatMap(checkLength),
  ...sources.flatMap(checkZod),
  ...findCircles(),
];
for (const problem of problems) console.error(problem);
console.log(`structure: ${sources.length} files, ${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;

async function readSources(): Promise<Source[]> {
  const names = await readdir(ROOT, { recursive: true });
  const files = names
    .filter((name) => name.endsWith('.ts') && !/(^|\/)(node_modules|dist|\.[^/]+)(\/|$)/.test(name))
    .toSorted();
  return Promise.all(files.map(readSource));
}

async function readSource(file: string): Promise<Source> {
  const text = await readFile(join(ROOT, file), 'utf8');
  const specifiers = [
    ...text.matchAll(/^\s*(?:import|export)\b[^'"]*?from\s+'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/gm),
  ];
  const imports = specifiers.map(([, fixed, dynamic]) => resolve(file, fixed ?? dynamic ?? ''));
  return {
    file,
    imports,
    lines: text.split('\n').length,
    wholeZod: /^import \{ z \} from 'zod'/m.test(text),
  };
}

/** A relative import becomes a path from the root; charmwright's entries become their files. */
function resolve(from: string, specifier: string): string {
  if (specifier.startsWith('.')) return normalize(join(dirname(from), specifier));
  const entry = /^charmwright(?:\/(.+))?$/.exec(specifier);
  if (entry === null) return specifier;
  const file = ENTRIES[entry[1] === undefined ? '.' : `./${entry[1]}`];
  return file === undefined ? specifier : join('lib', file);
}

/** The floor of the longest path that holds the file, or -1. */
function floorOf(file: string, floors: readonly (readonly string[])[]): number {
  const parts = file.split('/');
  for (let length = parts.length; length > 0; length--) {
    const path = parts.slice(0, length).join('/');
    const floor = floors.findIndex((rooms) => rooms.includes(path));
    if (floor !== -1) return floor;
  }
  return -1;
}

function checkFloor({ file, imports }: Source): string[] {
  return imports.flatMap((target) => {
    const [from, to] = [floorOf(file, FLOORS), floorOf(target, FLOORS)];
    if (from === -1 || to === -1) return [];
    const [room, other] = [file.split('/')[0], target.split('/')[0]];
    const neighbours = from === to && from > 0 && room !== other;
    if (to < from || neighbours) return [`${file}: imports ${target}, which is not below it`];
    if (room === 'lib' && other === 'lib') return checkLibFloor(file, target);
    return [];
  });
}

function checkLibFloor(file: string, target: string): string[] {
  const [from, to] = [file, target].map((path) => floorOf(relative('lib', path), LIB_FLOORS));
  if (from === undefined || to === undefined || from === -1 || to === -1) return [];
  return to < from ? [`${file}: imports ${target}, which is not below it inside lib`] : [];
}

function checkPlan({ file, imports }: Source): string[] {
  if (!/(^|\/)charm\/plan(\/|\.ts$)/.test(file) || file.startsWith('test/')) return [];
  return imports
    .filter((name) => IO.some((pattern) => pattern.test(name)))
    .map((name) => `${file}: a plan is pure, it must not import ${name}`);
}

function checkLength({ file, lines }: Source): string[] {
  if (file.endsWith('generated.ts') || lines <= LONGEST_FILE) return [];
  return [`${file}: ${lines} lines; more than ${LONGEST_FILE} are several rooms`];
}

/** Only what runs in a hook: start-up time is a hook's latency. */
function checkZod({ file, wholeZod }: Source): string[] {
  if (!wholeZod || !/^(lib|charm|relations|actions|minio)\//.test(file)) return [];
  return [`${file}: write "import * as z from 'zod'", of which a bundle keeps only what is used`];
}

function findCircles(): string[] {
  const graph = new Map(sources.map(({ file, imports }) => [file, imports]));
  const done = new Set<string>();
  const circles: string[] = [];
  const walk = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) {
      circles.push(`circle: ${[...path.slice(path.indexOf(file)), file].join(' -> ')}`);
      return;
    }
    if (done.has(file)) return;
    for (const next of graph.get(file) ?? []) if (graph.has(next)) walk(next, [...path, file]);
    done.add(file);
  };
  for (const file of graph.keys()) walk(file, []);
  return circles;
}
