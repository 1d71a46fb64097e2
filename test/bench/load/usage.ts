/** Processor time and memory of a side's Mimirs, from /proc. */
import { readdir, readFile } from 'node:fs/promises';

/** Of USER_HZ, which is 100 on every Linux that Node runs on. */
const TICK_SECONDS = 0.01;
const PAGE_BYTES = 4096;

export interface Usage {
  /** Of user and kernel, since the processes began. */
  readonly cpuSeconds: number;
  /** What their threads had to do and waited for a processor, together. */
  readonly waitedSeconds: number;
  readonly residentBytes: number;
}

/** Processes below a model's daemon whose command line says this. */
export async function processesOf(modelFolder: string, words: string): Promise<readonly number[]> {
  const all = new Map<number, { readonly parent: number; readonly command: string }>();
  for (const name of await readdir('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const [command, stat] = await Promise.all([textOf(pid, 'cmdline'), textOf(pid, 'stat')]);
    all.set(pid, { parent: Number(fieldsOf(stat)[1]), command: command.replaceAll('\0', ' ') });
  }
  const isBelow = (pid: number): boolean => {
    const found = all.get(pid);
    return found !== undefined && (found.command.includes(` ${modelFolder} `) || isBelow(found.parent));
  };
  // The client that keeps a command running in a pod has the command among its words.
  return [...all].flatMap(([pid, { command }]) =>
    command.startsWith('/bin/mimir ') && command.includes(words) && isBelow(pid) ? [pid] : [],
  );
}

/** The process that holds the model's network. */
export async function daemonOf(modelFolder: string): Promise<number> {
  for (const name of await readdir('/proc')) {
    const command = await textOf(Number(name), 'cmdline');
    if (
      command.includes('daemon/main.ts') &&
      command.includes(modelFolder) &&
      !command.includes('podbox\0model')
    )
      return Number(name);
  }
  throw new Error(`no daemon runs for ${modelFolder}`);
}

/** Of all of them together. */
export async function usageOf(pids: readonly number[]): Promise<Usage> {
  const each = await Promise.all(pids.map(usageOfOne));
  const sum = (key: keyof Usage) => each.reduce((total, usage) => total + usage[key], 0);
  return {
    cpuSeconds: sum('cpuSeconds'),
    waitedSeconds: sum('waitedSeconds'),
    residentBytes: sum('residentBytes'),
  };
}

async function usageOfOne(pid: number): Promise<Usage> {
  const fields = fieldsOf(await textOf(pid, 'stat'));
  const [user, kernel, pages] = [Number(fields[11]), Number(fields[12]), Number(fields[21])];
  const threads = await readdir(`/proc/${pid}/task`);
  const waited = await Promise.all(threads.map((thread) => textOf(pid, `task/${thread}/schedstat`)));
  const nanoseconds = waited.reduce((total, text) => total + Number(text.split(' ')[1] ?? 0), 0);
  return {
    cpuSeconds: (user + kernel) * TICK_SECONDS,
    waitedSeconds: nanoseconds / 1e9,
    residentBytes: pages * PAGE_BYTES,
  };
}

/** What follows the name in brackets, which may hold anything: state, parent, ... */
function fieldsOf(stat: string): readonly string[] {
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** Empty for a process that is gone. */
async function textOf(pid: number, file: string): Promise<string> {
  return readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
}
