/**
 * From what is to what should be, without touching anything. The plan is data: compare it, print it (masked), test it.
 */
import { createHash } from 'node:crypto';
import type { Status } from 'charmwright';
import type { Credentials, Settings } from '../../relations/mimir-cluster.ts';
import { compareNames } from '../text.ts';
import { clusterTrouble, hasGateway, leadsCluster, ownRoles } from './cluster.ts';
import { type Databags, planDatabags } from './databags.ts';
import { environmentOf, environmentText } from './environment.ts';
import { GATEWAY_PORT } from './gateway-parts.ts';
import type { Inputs } from './inputs.ts';
import { type MimirLayer, mimirLayer, type ReadyCheck, type Start } from './layer.ts';
import { logTargets } from './log-targets.ts';
import { isSettings, type Store, toYaml } from './mimir-config.ts';
import { type AlertmanagerOption, type Options, parseOptions } from './options.ts';
import {
  CONFIG_FILE,
  ENVIRONMENT_FILE,
  HTTP_PORT,
  OVERRIDES_FILE,
  PEBBLE_CA_FILE,
  RECEIVED_CA_FILE,
  S3_CA_FILE,
  START_FILES,
  TARGET_FILE,
  TENANT_LIMITS_FILE,
  TLS_FILE,
  TOKENS_FILE,
  UNITS_CA_FILE,
} from './paths.ts';
import { COMPONENTS, componentsOfTarget, targetOf } from './roles.ts';
import { runningComponents } from './running.ts';
import { withOwnSchedulers } from './schedulers.ts';
import { planStatuses } from './statuses.ts';
import { decideStorage } from './storage.ts';
import { agreedAuthorities, planTls, runningTls, type Tls } from './tls.ts';
import { firstTokens } from './tokens.ts';
import { componentsToRun, ownWanted, type Wanted } from './wanted.ts';
import { isZoneAware } from './zones.ts';

export interface PlannedFile {
  readonly path: string;
  readonly content: string;
  readonly permissions: number;
  /** What is there already may be others' work, and stays. */
  readonly onlyIfMissing?: true;
}

export type Workload =
  /** The container or its address is not there yet. */
  | { readonly kind: 'wait' }
  /**
   * Something is wrong with what the charm was told, or with the bucket it was told of: run what was last good. Without
   * `layer` there is none.
   */
  | {
      readonly kind: 'keep';
      readonly layer?: MimirLayer;
      /** They restart nothing, and are no reason to wait for something else to be mended. */
      readonly limits?: PlannedFile;
    }
  /** The application has no role: nothing of Mimir runs here. */
  | { readonly kind: 'stop'; readonly files: readonly PlannedFile[] }
  | {
      readonly kind: 'run';
      readonly config: Settings;
      /** In the order in which they are written; the main configuration is the last. */
      readonly files: readonly PlannedFile[];
      readonly layer: MimirLayer;
    };

export interface UploadedAlertmanager extends AlertmanagerOption {
  readonly digest: string;
}

/** What is the same for all applications of a cluster. */
export interface SharedPlan {
  readonly wanted: Wanted;
  readonly replicationFactor: number;
  /** Absent where pods have a role of their own. */
  readonly credentials?: Credentials;
}

export interface Plan {
  /** What this application is to a cluster of several. */
  readonly place: 'alone' | 'leads' | 'joined';
  /** Whether nginx is to run in the second container. */
  readonly gateway: boolean;
  readonly workload: Workload;
  readonly databags: Databags;
  /** What those are told who have joined. Absent, they keep what they were told. */
  readonly shared?: SharedPlan;
  readonly ports: readonly number[];
  /** The Alertmanager configuration from the options; `null` says that there is none, undefined that it is unknown. */
  readonly alertmanager: UploadedAlertmanager | null | undefined;
  readonly statuses: readonly Status[];
}

/** The inputs with what all units are to agree on: nothing that this unit could not run itself. */
export function withAgreement(seen: Inputs, planner: (inputs: Inputs) => Plan = plan): Inputs {
  const { agreement } = seen;
  const inputs = { ...seen, authorities: agreedAuthorities(seen) };
  const decides = seen.leader && seen.neighbours.joined === undefined;
  if (!decides || inputs.authorities === agreement?.authorities) return inputs;
  return isRunnable(planner(inputs)) ? inputs : { ...seen, authorities: agreement?.authorities };
}

function isRunnable({ workload }: Pick<Plan, 'workload'>): boolean {
  return workload.kind === 'run' || workload.kind === 'stop';
}

/** Of an application that has not joined another's cluster. Of one that has, see `joined.ts`. */
export function plan(inputs: Inputs): Plan {
  const options = parseOptions(inputs.options);
  const chosen = options.ok ? options.options.replicationFactor : inputs.agreement?.replicationFactor;
  const storage = decideStorage(inputs, chosen);
  const trouble = options.ok ? clusterTrouble(inputs) : undefined;
  const wanted =
    options.ok && storage.kind !== 'hold' && trouble === undefined
      ? ownWanted(inputs, options.options, storage)
      : undefined;
  const workload = planWorkload(inputs, wanted && withOwnSchedulers(inputs, wanted));
  const kept = workload.kind === 'keep';
  const isUsed = wanted !== undefined && !kept;
  // Others may have the turn on a configuration that this one mends.
  const isToCome = isUsed || (wanted !== undefined && onlyWaits(inputs, wanted));
  return {
    place: leadsCluster(inputs) ? 'leads' : 'alone',
    gateway: hasGateway(inputs),
    workload,
    // Nothing is agreed on that is not used.
    databags: planDatabags(inputs, isUsed ? storage : { kind: 'hold', reason: { kind: 'leader-decides' } }),
    ...(isToCome &&
      storage.kind === 's3' &&
      inputs.bucket.kind === 'fine' && { shared: shared(wanted, storage) }),
    ports: portsOf(inputs),
    alertmanager: options.ok ? planAlertmanager(options.options) : undefined,
    statuses: planStatuses(inputs, options, storage, kept, trouble),
  };
}

/** Whether Mimir is to run on this as soon as it is its turn. */
function onlyWaits({ waitsFor, ...inputs }: Inputs, wanted: Wanted): boolean {
  return waitsFor !== undefined && isRunnable({ workload: planWorkload(inputs, wanted) });
}

function shared(wanted: Wanted, { s3, replicationFactor }: Extract<Store, { kind: 's3' }>): SharedPlan {
  const { accessKey, secretKey } = s3;
  if (accessKey === undefined || secretKey === undefined) return { wanted, replicationFactor };
  return {
    wanted,
    replicationFactor,
    credentials: { 'access-key': accessKey, 'secret-key': secretKey },
  };
}

export function planWorkload(inputs: Inputs, wanted: Wanted | undefined): Workload {
  const { ip } = inputs.address;
  if (!inputs.container.reachable || ip === undefined) return { kind: 'wait' };
  const { lastGood, files: present = {} } = inputs.container;
  const tls = planTls(inputs);
  const started = (
    start: Pick<Start, 'target' | 'digest' | 'ready' | 'zone'>,
    environment: string | undefined,
  ) => ({
    ...start,
    ip,
    environment: environmentOf(environment),
    logTargets: logTargets(inputs),
    ...(leadsCluster(inputs) && inputs.plannedUnits === 1 && { isOnlyGateway: true }),
  });
  const kept = (): Workload => {
    const target = present[TARGET_FILE] ?? targetOf(COMPONENTS);
    if (target === '') return STOPPED;
    if (lastGood === undefined) return { kind: 'keep' };
    const zone = isZoneAware(present[CONFIG_FILE]) ? inputs.zones?.own : undefined;
    const start = { target, digest: lastGood, ready: keptCheck(present, tls), zone };
    return {
      kind: 'keep',
      layer: mimirLayer(started(start, present[ENVIRONMENT_FILE])),
      ...(inputs.tenantLimits?.kind === 'fine' && { limits: tenantLimitsFile(inputs) }),
    };
  };
  if (wanted === undefined) return kept();
  const components = componentsToRun(inputs, wanted);
  if (components.length === 0) return inputs.waitsFor === undefined ? STOPPED : kept();
  if (tls === 'waiting') return kept();
  const target = targetOf(components);
  const environment = environmentText(inputs);
  const configuration = toYaml(wanted.config);
  const files: readonly PlannedFile[] = [
    // Mimir does not start without these two, and reads them again while it runs.
    { path: OVERRIDES_FILE, content: NO_LIMITS, permissions: 0o644, onlyIfMissing: true },
    tenantLimitsFile(inputs),
    ...(components.includes('ingester') ? tokensFile(inputs) : []),
    { path: S3_CA_FILE, content: wanted.storageAuthorities, permissions: 0o644 },
    ...ifUsed(present, RECEIVED_CA_FILE, wanted.trusted, 0o644),
    ...ifUsed(present, UNITS_CA_FILE, tls?.authorities, 0o644),
    ...ifUsed(present, TLS_FILE, tls?.pem, 0o600),
    ...pebbleFiles(tls),
    { path: ENVIRONMENT_FILE, content: environment, permissions: 0o644 },
    { path: TARGET_FILE, content: target, permissions: 0o644 },
    { path: CONFIG_FILE, content: configuration, permissions: 0o600 },
  ];
  const digest = startDigest(Object.fromEntries(files.map(({ path, content }) => [path, content])));
  if (digest !== lastGood && (wouldNotComeBack(inputs) || inputs.waitsFor !== undefined)) return kept();
  const zone = isZoneAware(configuration) ? inputs.zones?.own : undefined;
  const start = { target, digest, ready: readyCheck(tls), zone };
  return {
    kind: 'run',
    config: wanted.config,
    files,
    layer: mimirLayer(started(start, environment), wanted.bucket),
  };
}

/** Whether the plan ends an ingester that may hold metrics which are nowhere else. */
export function endsIngester(
  inputs: Pick<Inputs, 'container'>,
  { workload }: Pick<Plan, 'workload'>,
): boolean {
  if (workload.kind !== 'run' && workload.kind !== 'stop') return false;
  return runningComponents(inputs).includes('ingester') && !hasIngester(workload.files);
}

/** Of a plan's files. */
export function hasIngester(files: readonly PlannedFile[]): boolean {
  const target = files.find(({ path }) => path === TARGET_FILE)?.content ?? '';
  return componentsOfTarget(target).includes('ingester');
}

/** What stands for a target then: whatever goes wrong later, nothing is started. */
const STOPPED: Workload = {
  kind: 'stop',
  files: [{ path: TARGET_FILE, content: '', permissions: 0o644 }],
};

export const NO_LIMITS = 'overrides: {}\n';

/** Mimir writes it again at each start, and takes it away when the ingester leaves for good. */
function tokensFile(inputs: Inputs): readonly PlannedFile[] {
  if (inputs.container.files?.[TOKENS_FILE] !== undefined) return [];
  return [{ path: TOKENS_FILE, content: firstTokens(inputs), permissions: 0o644, onlyIfMissing: true }];
}

/** While the limits are wrong, what was last good stays. */
function tenantLimitsFile({ tenantLimits }: Inputs): PlannedFile {
  const file = { path: TENANT_LIMITS_FILE, permissions: 0o644 };
  if (tenantLimits?.kind === 'wrong') return { ...file, content: NO_LIMITS, onlyIfMissing: true };
  return { ...file, content: tenantLimits?.content ?? NO_LIMITS };
}

/** Mimir's own stays open beside the gateway's: who has not heard of the cluster yet still asks there. */
function portsOf(inputs: Inputs): readonly number[] {
  const own = leadsCluster(inputs) && ownRoles(inputs).length === 0 ? [] : [HTTP_PORT];
  return hasGateway(inputs) ? [GATEWAY_PORT, ...own] : own;
}

function pebbleFiles(tls: Tls | undefined): readonly PlannedFile[] {
  if (tls?.pebble === undefined) return [];
  return [{ path: PEBBLE_CA_FILE, content: tls.pebble, permissions: 0o644, onlyIfMissing: true }];
}

/** Nothing that has never been is written; what is of no use any more is left empty. */
function ifUsed(
  files: Readonly<Record<string, string>>,
  path: string,
  content: string | undefined,
  permissions: number,
): readonly PlannedFile[] {
  return content === undefined && files[path] === undefined
    ? []
    : [{ path, content: content ?? '', permissions }];
}

function readyCheck(tls: Tls | undefined): ReadyCheck {
  if (tls === undefined) return 'http';
  return tls.pebble === undefined ? 'port' : 'https';
}

/** Of what runs, which may be older than what is agreed on. */
function keptCheck(files: Readonly<Record<string, string>>, tls: Tls | 'waiting' | undefined): ReadyCheck {
  if (runningTls(files) === undefined) return 'http';
  return tls === undefined || tls === 'waiting' ? 'port' : readyCheck(tls);
}

/** A Mimir that starts wants its bucket and exits without it; one that serves goes on without it. */
function wouldNotComeBack({ container, bucket }: Inputs): boolean {
  return container.serving === true && bucket.kind !== 'fine';
}

/** Whom to gossip with at the start: whoever comes later asks for it himself. */
const JOIN_MEMBERS = /^ {2}join_members: .*$/m;
/** Needed for a while after a restart, and no reason for one when it is over. */
const LATE_SAMPLES = /^ {2}out_of_order_time_window: .*\n/m;
/** Links to this application, which lead there by either port: the gateway's is the one while there is a gateway. */
const OWN_LINKS = new RegExp(`^( {2}external_url: "https?://[^/]*):(?:${HTTP_PORT}|${GATEWAY_PORT})/`, 'gm');

/**
 * Digest of what Mimir reads only when it starts, by path. One that is not there is as good as empty. An application
 * that joins the cluster restarts nobody.
 */
export function startDigest(files: Readonly<Record<string, string>>): string {
  const hash = createHash('sha256');
  for (const path of START_FILES) {
    const content = files[path] ?? '';
    hash.update(path === CONFIG_FILE ? worthARestart(content) : content).update('\0');
  }
  return hash.digest('hex');
}

function worthARestart(config: string): string {
  return config.replace(JOIN_MEMBERS, '').replace(LATE_SAMPLES, '').replaceAll(OWN_LINKS, `$1:${HTTP_PORT}/`);
}

function planAlertmanager({ alertmanager }: Options): UploadedAlertmanager | null {
  if (alertmanager === undefined) return null;
  return { ...alertmanager, digest: alertmanagerDigest(alertmanager) };
}

/** Equal for equal configurations, whatever the order of the templates. */
export function alertmanagerDigest({ config, templates }: AlertmanagerOption): string {
  const files = Object.entries(templates).toSorted(compareNames);
  return createHash('sha256')
    .update(JSON.stringify([config, files]))
    .digest('hex');
}

const MASK = '********';
const SECRET_SETTINGS: ReadonlySet<string> = new Set(['access_key_id', 'secret_access_key']);

/** The plan with every secret in it masked, for people to look at. */
export function masked(planned: Plan): Plan {
  const { workload, alertmanager } = planned;
  return {
    ...planned,
    workload: workload.kind === 'run' ? maskedRun(workload) : workload,
    ...(planned.shared !== undefined && { shared: maskedShared(planned.shared) }),
    // Receivers' passwords and webhook addresses are all over it.
    alertmanager: alertmanager ? { ...alertmanager, config: MASK, templates: {} } : alertmanager,
  };
}

function maskedShared(shared: SharedPlan): SharedPlan {
  const { wanted } = shared;
  return {
    ...shared,
    wanted: { ...wanted, config: maskedSettings(wanted.config) },
    ...(shared.credentials !== undefined && { credentials: { 'access-key': MASK, 'secret-key': MASK } }),
  };
}

function maskedRun(workload: Extract<Workload, { kind: 'run' }>): Workload {
  const config = maskedSettings(workload.config);
  const files = workload.files.map((file) => {
    if (file.path === CONFIG_FILE) return { ...file, content: toYaml(config) };
    return file.path === TLS_FILE ? { ...file, content: MASK } : file;
  });
  return { ...workload, config, files };
}

function maskedSettings(settings: Settings): Settings {
  const entries = Object.entries(settings).map(([key, value]): [string, Settings[string]] => {
    if (SECRET_SETTINGS.has(key)) return [key, MASK];
    return [key, isSettings(value) ? maskedSettings(value) : value];
  });
  return Object.fromEntries(entries);
}
