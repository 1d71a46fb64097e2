/**
 * What is known of the last time a workload came to its end, kept in the container itself: it lives and dies with what
 * it tells about. Without one, nothing is lost: a running service is restarted once more.
 */
import * as z from 'zod/mini';
import { PathError } from '../pebble/errors.ts';
import type { Pebble } from '../pebble/pebble.ts';

const names = z.readonly(z.array(z.string()));

const recordSchema = z.object({
  /** Of the layer and the plan that it was found in. */
  plan: z.string(),
  /** By service: a digest of the entry that it runs with, or that it will run with when somebody starts it. */
  services: z.record(z.string(), z.string()),
  /** Services that shall run. */
  enabled: names,
  checks: names,
  'log-targets': names,
  retired: z.object({ services: names, checks: names, 'log-targets': names }),
  /** By path: permissions and owner, as they were asked for. */
  files: z.record(z.string(), z.string()),
  /**
   * Services that run with an older entry and are to be restarted: the digests of the new ones, and the newest change
   * in Pebble before that. A later change that stopped and started such a service has done it.
   */
  restarting: z.exactOptional(z.object({ after: z.number(), services: z.record(z.string(), z.string()) })),
});

export type WorkloadRecord = z.infer<typeof recordSchema>;

/** The second is for a Pebble whose user may not write to the first. */
export function recordPaths(label: string): readonly [string, string] {
  const name = `${encodeURIComponent(label)}.json`;
  return [`/var/lib/charmwright/${name}`, `/tmp/charmwright/${name}`];
}

/** Undefined when there is none, or none that can be understood. */
export function readRecord(
  label: string,
  found: ReadonlyMap<string, Buffer | PathError>,
): WorkloadRecord | undefined {
  for (const path of recordPaths(label)) {
    const content = found.get(path);
    if (content instanceof Buffer) return parseRecord(content.toString('utf8'));
  }
  return undefined;
}

/** @throws PathError when Pebble can write to neither place. */
export async function writeRecord(pebble: Pebble, label: string, record: WorkloadRecord): Promise<void> {
  const [usual, other] = recordPaths(label);
  const options = { makeDirs: true, permissions: 0o600 };
  const content = `${JSON.stringify(record)}\n`;
  try {
    await pebble.push(usual, content, options);
  } catch (error) {
    if (!(error instanceof PathError)) throw error;
    await pebble.push(other, content, options);
  }
}

function parseRecord(text: string): WorkloadRecord | undefined {
  try {
    return z.safeParse(recordSchema, JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
