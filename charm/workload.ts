/** Brings the container to what the plan says, by difference. Writes and restarts nothing when nothing changed. */
import { createHash } from 'node:crypto';
import {
  ChangeError,
  ConnectionError,
  layerApplied,
  PathError,
  type Pebble,
  PebbleError,
  type Plan,
  TimeoutError,
} from 'charmwright/pebble';
import type { Settings } from '../relations/mimir-cluster.ts';
import { type Diagnosis, diagnose, withRemedy } from './diagnosis.ts';
import { reasonOf } from './mimir-errors.ts';
import { readIfThere, readThoseThere } from './pebble-files.ts';
import type { Inputs, ServiceSeen } from './plan/inputs.ts';
import { type MimirLayer, READY_CHECK, sectionOf } from './plan/layer.ts';
import { silenced } from './plan/log-targets.ts';
import { CONFIG_DIR, CONFIG_FILE, SERVICE, STARTED_FILE, TENANT_LIMITS_FILE } from './plan/paths.ts';
import { NO_LIMITS, type PlannedFile, type Workload } from './plan/plan.ts';
import { refusalOf } from './refusal.ts';
import type { TakenLimits } from './tenant-limits/judge.ts';

/** A start that fails logs some 60 lines, most of them consequences. */
const LOG_LINES = 200;
const LAYER_LABEL = 'mimir-charm';
/** In milliseconds; what was seen of the service before longer work is looked at again. */
const FRESH_MS = 1000;

/** By path. */
type Files = Readonly<Record<string, string>>;
/** What is known of the container. */
type Present = Pick<Inputs['container'], 'files' | 'service'>;

/** The service is started; whether Mimir serves is another question. */
export interface Running {
  readonly kind: 'running';
  readonly restarted: boolean;
  /** Of the files that it was started with. */
  readonly digest: string;
  /** Mimir exits again and again, and Pebble starts it each time. */
  readonly exits: boolean;
  /** Why Mimir does not take the limits of tenants; it goes on with those that it had. */
  readonly limitsRefused?: string;
}

export type Outcome =
  /** Nothing runs, and nothing should. */
  | { readonly kind: 'idle' }
  | Running
  /** Nothing runs, and that is how it shall be. */
  | { readonly kind: 'stopped' }
  /** Pebble went away or is slow: there will be another event. */
  | { readonly kind: 'unsure'; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string };

/** @param present what is not in it is read. */
export async function applyWorkload(
  pebble: Pebble,
  workload: Workload,
  present: Present = {},
): Promise<Outcome> {
  try {
    switch (workload.kind) {
      case 'wait':
        return { kind: 'idle' };
      case 'keep':
        return await keep(pebble, workload, present);
      case 'stop':
        return await stop(pebble, workload.files, present.files);
      case 'run': {
        const paths = workload.files.map(({ path }) => path);
        const files = present.files ?? (await readThoseThere(pebble, paths));
        return await run(pebble, workload, files, present.service);
      }
    }
  } catch (error) {
    if (!(error instanceof PebbleError)) throw error;
    return outcomeOf(pebble, error);
  }
}

async function keep(
  pebble: Pebble,
  { layer, limits }: Extract<Workload, { kind: 'keep' }>,
  { files, service }: Present,
): Promise<Outcome> {
  if (layer === undefined) return { kind: 'idle' };
  const limitsRefused =
    limits === undefined || files === undefined || files[limits.path] === limits.content
      ? undefined
      : await writeLimits(pebble, limits, files);
  const outcome = await ensureRunning(pebble, layer, false, service);
  return limitsRefused === undefined ? outcome : { ...outcome, limitsRefused };
}

/** @returns why Mimir, as it was started, does not take them. */
async function writeLimits(pebble: Pebble, limits: PlannedFile, present: Files): Promise<string | undefined> {
  const { refusedLimits, settingsIn } = await import('./tenant-limits/judge.ts');
  const config = settingsIn(present[CONFIG_FILE] ?? '');
  const refused = await refusedLimits(pebble, config, limits.content, present[limits.path]);
  if (refused === undefined) await push(pebble, [limits]);
  return refused;
}

async function run(
  pebble: Pebble,
  { files: wanted, layer, config: settings }: Extract<Workload, { kind: 'run' }>,
  present: Files,
  service: ServiceSeen | undefined,
): Promise<Outcome> {
  const config = changedFiles(wanted, present).find(({ path }) => path === CONFIG_FILE);
  const refusal = config === undefined ? undefined : await refusalOf(pebble, config.content);
  if (refusal !== undefined) return refused(pebble, layer, refusal);
  const limits = await limitsFor(pebble, settings, wanted, present);
  if (limits.content === undefined) return refused(pebble, layer, limits.refused);
  const { content: taken } = limits;
  const files = wanted.map((file) => (file.path === TENANT_LIMITS_FILE ? { ...file, content: taken } : file));
  const changed = changedFiles(files, present);
  // The main configuration comes last: it is complete only with the files it names.
  await push(pebble, changed);
  const outcome = await ensureRunning(pebble, layer, true, service);
  return limits.refused === undefined ? outcome : { ...outcome, limitsRefused: limits.refused };
}

/** A new pod in which nothing runs is not ready either: a rolling update that has come so far stops there. */
async function refused(pebble: Pebble, { checks }: MimirLayer, reason: string): Promise<Outcome> {
  const plan = await pebble.plan();
  if (plan.checks?.[READY_CHECK] === undefined)
    await pebble.addLayer(LAYER_LABEL, { checks }, { combine: true });
  return { kind: 'failed', reason: `Mimir refuses its configuration: ${reason}` };
}

/** Limits of tenants that Mimir takes. What judges them is loaded when they, or what they must fit to, are new. */
async function limitsFor(
  pebble: Pebble,
  config: Settings,
  files: readonly PlannedFile[],
  present: Files,
): Promise<TakenLimits> {
  const file = files.find(({ path }) => path === TENANT_LIMITS_FILE);
  const inUse = present[TENANT_LIMITS_FILE];
  const wanted = (file?.onlyIfMissing ? inUse : undefined) ?? file?.content ?? NO_LIMITS;
  const isNewConfig = changedFiles(files, present).some(({ path }) => path === CONFIG_FILE);
  if (wanted === NO_LIMITS || (wanted === inUse && !isNewConfig)) return { content: wanted };
  const { takenLimits } = await import('./tenant-limits/judge.ts');
  return takenLimits(pebble, config, { wanted, inUse, isNewConfig });
}

/** The checks stop as well: what is not there is not ready, and Kubernetes would never let the unit be. */
async function stop(
  pebble: Pebble,
  files: readonly PlannedFile[],
  present: Files | undefined,
): Promise<Outcome> {
  await push(pebble, changedFiles(files, present ?? {}));
  const [[service], checks] = await Promise.all([pebble.services([SERVICE]), pebble.checks()]);
  if (service === undefined) return { kind: 'stopped' };
  const names = checks.map(({ name }) => name);
  const areInactive = checks.every(({ status }) => status === 'inactive');
  if (service.current === 'inactive' && service.startup === 'disabled' && areInactive)
    return { kind: 'stopped' };
  if (names.length > 0) await pebble.stopChecks(names);
  await pebble.addLayer(LAYER_LABEL, stoppedLayer(names), { combine: true });
  if (service.current !== 'inactive') await pebble.stop([SERVICE]);
  return { kind: 'stopped' };
}

function stoppedLayer(checks: readonly string[]) {
  const disabled = { override: 'merge', startup: 'disabled' } as const;
  return {
    services: { [SERVICE]: disabled },
    checks: Object.fromEntries(checks.map((name) => [name, disabled])),
  };
}

async function push(pebble: Pebble, files: readonly PlannedFile[]): Promise<void> {
  if (files.length > 0) await pebble.makeDir(CONFIG_DIR, { makeParents: true, permissions: 0o700 });
  for (const { path, content, permissions } of files)
    await pebble.push(path, content, { permissions, makeDirs: true });
}

function changedFiles(files: readonly PlannedFile[], present: Files): readonly PlannedFile[] {
  return files.filter(({ path, content, onlyIfMissing }) =>
    onlyIfMissing ? present[path] === undefined : present[path] !== content,
  );
}

/** One question after the other, so that a single connection will do. @param file what STARTED_FILE says. */
export async function lookAtService(pebble: Pebble, file: string | undefined): Promise<ServiceSeen> {
  const planYaml = await pebble.planYaml();
  const [service] = await pebble.services([SERVICE]);
  return { at: Date.now(), planYaml, current: service?.current, started: file };
}

/**
 * A replan restarts Mimir only when its layer changed since it was started. The file tells whether the last replan
 * came to its end, so that a hook that was killed in between is made good.
 * @param lasts the layer is what is wanted, and not what is kept until something is mended.
 */
async function ensureRunning(
  pebble: Pebble,
  layer: MimirLayer,
  lasts: boolean,
  known: ServiceSeen | undefined,
): Promise<Running> {
  const wanted = serviceText(layer);
  const digest = layer.services[SERVICE].environment.MIMIR_CONFIG_DIGEST;
  const isFresh = known !== undefined && Date.now() - known.at < FRESH_MS;
  const {
    planYaml,
    current,
    started: file,
  } = isFresh ? known : await lookAtService(pebble, await readIfThere(pebble, STARTED_FILE));
  const [started, seen] = file?.split('\n') ?? [];
  // Most dispatches find the plan as it was left, and need not understand it: to read YAML takes 20 ms.
  const plan = seen === applicationOf(layer, planYaml) ? undefined : await pebble.plan();
  const whole = plan === undefined ? layer : withSilenced(layer, plan);
  const applied = plan === undefined || layerApplied(whole, plan);
  // In back-off Mimir exits again and again and Pebble starts it each time: no help is needed, nor does it help.
  if (applied && started === wanted && (current === 'active' || current === 'backoff')) {
    // A hook was killed before it wrote this, or somebody has added a layer of his own.
    if (plan !== undefined && lasts) await rememberStarted(pebble, layer);
    return { kind: 'running', restarted: false, digest, exits: current === 'backoff' };
  }
  if (!applied) await pebble.addLayer(LAYER_LABEL, whole, { combine: true });
  await pebble.replan();
  await rememberStarted(pebble, layer);
  return { kind: 'running', restarted: true, digest, exits: false };
}

async function rememberStarted(pebble: Pebble, layer: MimirLayer): Promise<void> {
  const content = [serviceText(layer), applicationOf(layer, await pebble.planYaml())].join('\n');
  await pebble.push(STARTED_FILE, content, { makeDirs: true, permissions: 0o600 });
}

function serviceText({ services }: MimirLayer): string {
  return JSON.stringify(services[SERVICE]);
}

function withSilenced(layer: MimirLayer, plan: Plan): MimirLayer {
  const targets = layer['log-targets'] ?? {};
  return { ...layer, ...sectionOf({ ...silenced(targets, plan['log-targets']), ...targets }) };
}

/** Equal when both are. */
function applicationOf(layer: MimirLayer, planYaml: string): string {
  return createHash('sha256')
    .update(JSON.stringify([layer, planYaml]))
    .digest('hex');
}

async function outcomeOf(pebble: Pebble, error: PebbleError): Promise<Outcome> {
  if (error instanceof ConnectionError)
    return { kind: 'unsure', reason: 'waiting for Pebble in the container' };
  if (error instanceof TimeoutError) return { kind: 'unsure', reason: 'waiting for Mimir to stop or start' };
  if (error instanceof PathError) {
    // Before the last colon stands the name of a temporary file, another one each time.
    const why = error.pebbleMessage.split(': ').at(-1) ?? error.pebbleMessage;
    return { kind: 'failed', reason: withRemedy(`cannot use ${error.path}: ${why}`) };
  }
  if (!(error instanceof ChangeError)) return { kind: 'failed', reason: reasonOf(error.message) };
  const diagnosis = await explain(pebble);
  return {
    kind: 'failed',
    reason: withRemedy(`Mimir does not start: ${diagnosis?.cause ?? lastWords(error)}`),
  };
}

/** What Mimir's log says of its troubles, if anything. */
export async function explain(pebble: Pebble): Promise<Diagnosis | undefined> {
  try {
    return diagnose((await pebble.logs([SERVICE], LOG_LINES)).map(({ message }) => message));
  } catch (error) {
    if (!(error instanceof PebbleError)) throw error;
    return undefined;
  }
}

/** The same from what Pebble has kept of the failed start. */
function lastWords({ change }: ChangeError): string {
  const lines = change.tasks.flatMap(({ log }) => log).flatMap((entry) => entry.split('\n'));
  const said = lines.map((line) => line.trim()).filter((line) => line !== '');
  return diagnose(said)?.cause ?? reasonOf(said.at(-1) ?? change.err ?? change.status);
}
