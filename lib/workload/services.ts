/** Services are stopped and started, and what Pebble remembers of that. */
import { ChangeError } from '../pebble/errors.ts';
import type { Pebble } from '../pebble/pebble.ts';
import type { ActOptions, Change, ServiceInfo } from '../pebble/types.ts';
import type { Doing } from './outcome.ts';
import type { WorkloadRecord } from './record.ts';
import type { Retired } from './wanted.ts';

/** As of `ops`; how long a restart that is under way already may still take. */
const TIMEOUT_MS = 30_000;

/** Restarts services that run. Notes those that did, also when others did not. */
export function turnServices(
  pebble: Pebble,
  names: readonly string[],
  options: ActOptions,
  done: Doing,
): Promise<void> {
  return noting(pebble.restart(names, options), (change) => done.restarted.push(...turnedBy(change, names)));
}

/** Starts services that do not run. Notes those that did, also when others did not. */
export function startServices(
  pebble: Pebble,
  names: readonly string[],
  options: ActOptions,
  done: Doing,
): Promise<void> {
  return noting(pebble.start(names, options), (change) => done.started.push(...startedBy(change, names)));
}

/** Stops what the workload does not name any more. */
export async function stopRetired(
  pebble: Pebble,
  retired: Retired,
  services: readonly ServiceInfo[],
  options: ActOptions,
  done: Doing,
): Promise<void> {
  const gone = services.filter(({ name, current }) => isRunning(current) && retired.services.includes(name));
  done.stopped.push(...gone.map(({ name }) => name));
  if (done.stopped.length > 0) await pebble.stop(done.stopped, options);
  // Pebble lets a check run on that is not enabled any more.
  if (retired.checks.length > 0) await pebble.stopChecks(retired.checks);
}

/** In back-off a service exits again and again, and Pebble starts it each time, with the entry that it has had. */
export function isRunning(current: ServiceInfo['current'] | undefined): boolean {
  return current === 'active' || current === 'backoff';
}

/** Every later change has a greater number. */
export async function newestChange(pebble: Pebble): Promise<number> {
  return Math.max(0, ...(await pebble.changes({ select: 'all' })).map(({ id }) => Number(id)));
}

/**
 * Of the services that an earlier hook was about to restart: those that it did restart, and with which entry. A change
 * that only started a service tells nothing, because Pebble also says so of one that ran already.
 */
export async function alreadyRestarted(
  pebble: Pebble,
  restarting: WorkloadRecord['restarting'],
  { timeoutMs = TIMEOUT_MS }: ActOptions,
): Promise<Readonly<Record<string, string>>> {
  if (restarting === undefined) return {};
  const names = Object.keys(restarting.services);
  const later = (await pebble.changes({ select: 'all' })).filter(({ id }) => Number(id) > restarting.after);
  const turned = new Set<string>();
  for (const change of later) {
    if (!names.some((name) => touches(change, 'start', name))) continue;
    const end = change.ready ? change : await pebble.waitChange(change.id, timeoutMs);
    for (const name of turnedBy(end, names)) turned.add(name);
  }
  return Object.fromEntries(Object.entries(restarting.services).filter(([name]) => turned.has(name)));
}

async function noting(acting: Promise<Change>, note: (change: Change) => void): Promise<void> {
  try {
    note(await acting);
  } catch (error) {
    if (error instanceof ChangeError) note(error.change);
    throw error;
  }
}

function turnedBy(change: Change, names: readonly string[]): readonly string[] {
  return startedBy(change, names).filter((name) => touches(change, 'stop', name, 'Done'));
}

function startedBy(change: Change, names: readonly string[]): readonly string[] {
  return names.filter((name) => touches(change, 'start', name, 'Done'));
}

/** Pebble's tasks name their service only in words. */
function touches({ tasks }: Change, kind: 'start' | 'stop', service: string, status?: string): boolean {
  return tasks.some(
    (task) =>
      task.kind === kind &&
      task.summary.endsWith(` service ${JSON.stringify(service)}`) &&
      (status === undefined || task.status === status),
  );
}
