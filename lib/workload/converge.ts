/**
 * Brings a container to what a charm wants of it, by difference, however often it is asked and wherever it was cut off.
 * A Pebble that cannot be reached is an answer, not an exception.
 */
import { ConnectionError, type PathError, PebbleError, TimeoutError } from '../pebble/errors.ts';
import type { Pebble } from '../pebble/pebble.ts';
import type { ServiceInfo } from '../pebble/types.ts';
import { applyFiles, attributesOf } from './files.ts';
import { applyLayer } from './layer.ts';
import type { Converged, Doing } from './outcome.ts';
import { failureReason } from './reason.ts';
import { readRecord, recordPaths, type WorkloadRecord, writeRecord } from './record.ts';
import {
  alreadyRestarted,
  isRunning,
  newestChange,
  startServices,
  stopRetired,
  turnServices,
} from './services.ts';
import { checkReaders, digestOf, type Workload } from './wanted.ts';

/** How `converge` goes about it. */
export interface ConvergeOptions {
  /** How long starting, stopping and restarting may take each, in milliseconds; 30,000 when absent. */
  readonly timeoutMs?: number;
}

/**
 * Makes a container what the charm wants: files are written when their content or permissions differ, the layer is
 * added when the plan does not have it, a service is restarted when its entry or a file that it reads has changed since
 * it was started, and services with `startup: enabled` are started. Three requests to Pebble tell that there is nothing
 * to do.
 *
 * It can be killed anywhere and run again: the end is the same, no restart is lost, and none is done twice.
 *
 * @throws nothing that a container or its Pebble does; CharmwrightError when the workload contradicts itself.
 * @example
 * const outcome = await converge(juju.container('web'), {
 *   label: 'web',
 *   services: { web: { command: '/bin/web --config /etc/web.conf', startup: 'enabled' } },
 *   files: { '/etc/web.conf': { content: `port = ${port}\n`, readBy: ['web'] } },
 * });
 * if (outcome.kind === 'unreachable') juju.addStatus(waiting('for the container'));
 * if (outcome.kind === 'failed') juju.addStatus(blocked(outcome.reason));
 */
export async function converge<const S extends string>(
  container: Pebble,
  workload: Workload<S>,
  options: ConvergeOptions = {},
): Promise<Converged> {
  checkReaders(workload);
  const done: Doing = { changed: [], layer: false, restarted: [], started: [], stopped: [] };
  try {
    const settled = await settle(container, workload, options, done);
    return { kind: 'settled', ...done, ...settled };
  } catch (error) {
    if (error instanceof ConnectionError || error instanceof TimeoutError)
      return { kind: 'unreachable', error };
    if (!(error instanceof PebbleError)) throw error;
    return { kind: 'failed', error, reason: failureReason(error), ...done };
  }
}

interface Seen {
  readonly files: ReadonlyMap<string, Buffer | PathError>;
  readonly planYaml: string;
  readonly services: readonly ServiceInfo[];
}

/**
 * Files come before the layer, so that a service never runs with a new entry and old files; the record of what is
 * about to happen comes before it happens.
 */
async function settle(
  pebble: Pebble,
  workload: Workload,
  options: ConvergeOptions,
  done: Doing,
): Promise<Pick<Extract<Converged, { kind: 'settled' }>, 'digest' | 'services'>> {
  const seen = await look(pebble, workload);
  const record = readRecord(workload.label, seen.files);
  await applyFiles(pebble, workload, seen.files, record?.files ?? {}, done);
  const { digests, enabled, plan, retired } = await applyLayer(pebble, workload, record, seen.planYaml, done);
  if (record?.plan !== plan) await stopRetired(pebble, retired, seen.services, options, done);

  const restarted = await alreadyRestarted(pebble, record?.restarting, options);
  // Whoever does not run now will run with the new entry, whoever starts it.
  const isStale = done.layer || done.stopped.length > 0 || record?.restarting !== undefined;
  const now = isStale ? await pebble.services() : seen.services;
  const current = Object.fromEntries(now.map((service) => [service.name, service.current]));
  const names = Object.keys(digests);
  const outdated = names.filter(
    (name) =>
      isRunning(current[name]) &&
      record?.services[name] !== digests[name] &&
      restarted[name] !== digests[name],
  );
  const settled: WorkloadRecord = {
    plan,
    services: digests,
    enabled,
    checks: Object.keys(workload.checks ?? {}),
    'log-targets': Object.keys(workload.logTargets ?? {}),
    retired,
    files: attributesOf(workload),
  };
  const write = (next: WorkloadRecord) => writeRecord(pebble, workload.label, next);
  if (outdated.length > 0) {
    await write(beforeRestart(settled, record, outdated, await newestChange(pebble)));
    await turnServices(pebble, outdated, options, done);
    await write(settled);
  } else if (JSON.stringify(settled) !== JSON.stringify(record)) {
    await write(settled);
  }
  const idle = enabled.filter((name) => current[name] !== 'active' && !outdated.includes(name));
  if (idle.length > 0) await startServices(pebble, idle, options, done);
  const turned = new Set([...done.restarted, ...done.started]);
  const states = names.map((name) => [name, turned.has(name) ? 'active' : (current[name] ?? 'inactive')]);
  return { digest: digestOf(JSON.stringify(digests)), services: Object.fromEntries(states) };
}

/** All that a container must be asked when there is nothing to do. */
async function look(pebble: Pebble, { label, files = {} }: Workload): Promise<Seen> {
  const [found, planYaml, services] = await Promise.all([
    pebble.pullEach([...recordPaths(label), ...Object.keys(files)]),
    pebble.planYaml(),
    pebble.services(),
  ]);
  return { files: found, planYaml, services };
}

/** The record as it will be, but for those that still run with what they were started with. */
function beforeRestart(
  settled: WorkloadRecord,
  record: WorkloadRecord | undefined,
  outdated: readonly string[],
  after: number,
): WorkloadRecord {
  const isOutdated = ([name]: readonly [string, string]) => outdated.includes(name);
  const entries = Object.entries(settled.services);
  const older = Object.entries(record?.services ?? {}).filter(isOutdated);
  return {
    ...settled,
    services: Object.fromEntries([...entries.filter((entry) => !isOutdated(entry)), ...older]),
    restarting: { after, services: Object.fromEntries(entries.filter(isOutdated)) },
  };
}
