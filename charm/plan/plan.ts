/**
 * From what is to what should be, without touching anything. The plan is data: compare it, print it (masked), test it.
 */
import { createHash } from 'node:crypto';
import type { Status } from 'charmwright';
import { type Databags, planDatabags } from './databags.ts';
import { environmentOf, environmentText } from './environment.ts';
import type { Inputs } from './inputs.ts';
import { type Endpoint, type MimirLayer, mimirLayer, type ReadyCheck } from './layer.ts';
import { logTargets } from './log-targets.ts';
import { isSettings, mimirConfig, type Settings, type Store, toYaml } from './mimir-config.ts';
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
  TLS_FILE,
  UNITS_CA_FILE,
} from './paths.ts';
import { planStatuses } from './statuses.ts';
import { decideStorage } from './storage.ts';
import { agreedAuthorities, planTls, runningTls, type Tls } from './tls.ts';

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
  | { readonly kind: 'keep'; readonly layer?: MimirLayer }
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

export interface Plan {
  readonly workload: Workload;
  readonly databags: Databags;
  readonly ports: readonly number[];
  /** The Alertmanager configuration from the options; `null` says that there is none, undefined that it is unknown. */
  readonly alertmanager: UploadedAlertmanager | null | undefined;
  readonly statuses: readonly Status[];
}

/** The inputs with what all units are to agree on: nothing that this unit could not run itself. */
export function withAgreement(seen: Inputs): Inputs {
  const { agreement } = seen;
  const inputs = { ...seen, authorities: agreedAuthorities(seen) };
  if (!seen.leader || inputs.authorities === agreement?.authorities) return inputs;
  return plan(inputs).workload.kind === 'run' ? inputs : { ...seen, authorities: agreement?.authorities };
}

export function plan(inputs: Inputs): Plan {
  const options = parseOptions(inputs.options);
  const chosen = options.ok ? options.options.replicationFactor : inputs.agreement?.replicationFactor;
  const storage = decideStorage(inputs, chosen);
  const store =
    options.ok && storage.kind !== 'hold' ? { options: options.options, store: storage } : undefined;
  const workload = planWorkload(inputs, store);
  const kept = workload.kind === 'keep';
  return {
    workload,
    // Nothing is agreed on that is not used.
    databags: planDatabags(
      inputs,
      options.ok && !kept ? storage : { kind: 'hold', reason: { kind: 'leader-decides' } },
    ),
    ports: [HTTP_PORT],
    alertmanager: options.ok ? planAlertmanager(options.options) : undefined,
    statuses: planStatuses(inputs, options, storage, kept),
  };
}

function planWorkload(inputs: Inputs, wanted: { options: Options; store: Store } | undefined): Workload {
  const { ip } = inputs.address;
  if (!inputs.container.reachable || ip === undefined) return { kind: 'wait' };
  const { lastGood, files: present = {} } = inputs.container;
  const tls = planTls(inputs);
  const started = (digest: string, environment: string | undefined, ready: ReadyCheck) => ({
    ip,
    digest,
    environment: environmentOf(environment),
    logTargets: logTargets(inputs),
    ready,
  });
  const kept: Workload =
    lastGood === undefined
      ? { kind: 'keep' }
      : {
          kind: 'keep',
          layer: mimirLayer(started(lastGood, present[ENVIRONMENT_FILE], keptCheck(present, tls))),
        };
  if (wanted === undefined || tls === 'waiting') return kept;
  const config = mimirConfig(inputs, wanted.options, wanted.store);
  const environment = environmentText(inputs);
  const files: readonly PlannedFile[] = [
    // Mimir does not start without it; limits of single tenants go there and are read again while it runs.
    { path: OVERRIDES_FILE, content: 'overrides: {}\n', permissions: 0o644, onlyIfMissing: true },
    { path: S3_CA_FILE, content: storageAuthorities(inputs, wanted.store), permissions: 0o644 },
    ...ifUsed(present, RECEIVED_CA_FILE, inputs.neighbours.trusted, 0o644),
    ...ifUsed(present, UNITS_CA_FILE, tls?.authorities, 0o644),
    ...ifUsed(present, TLS_FILE, tls?.pem, 0o600),
    ...pebbleFiles(tls),
    { path: ENVIRONMENT_FILE, content: environment, permissions: 0o644 },
    { path: CONFIG_FILE, content: toYaml(config), permissions: 0o600 },
  ];
  const digest = startDigest(Object.fromEntries(files.map(({ path, content }) => [path, content])));
  if (digest !== lastGood && wouldNotComeBack(inputs)) return kept;
  return {
    kind: 'run',
    config,
    files,
    layer: mimirLayer(started(digest, environment, readyCheck(tls)), endpointOf(wanted.store)),
  };
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

/** Storage that brings its own authorities is trusted by those alone, and by what an operator has added. */
function storageAuthorities({ neighbours }: Inputs, store: Store): string {
  const own = store.kind === 's3' ? (store.s3.caChain ?? '') : '';
  return own === '' ? '' : `${own}${own.endsWith('\n') ? '' : '\n'}${neighbours.trusted ?? ''}`;
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

function endpointOf(store: Store): Endpoint | undefined {
  if (store.kind !== 's3') return undefined;
  const { hostname, port } = new URL(`tcp://${store.s3.endpoint}`);
  const usual = store.s3.insecure ? 80 : 443;
  return { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: port === '' ? usual : Number(port) };
}

/** Digest of the files that Mimir reads only when it starts, by path. One that is not there is as good as empty. */
export function startDigest(files: Readonly<Record<string, string>>): string {
  const hash = createHash('sha256');
  for (const path of START_FILES) hash.update(files[path] ?? '').update('\0');
  return hash.digest('hex');
}

function planAlertmanager({ alertmanager }: Options): UploadedAlertmanager | null {
  if (alertmanager === undefined) return null;
  return { ...alertmanager, digest: alertmanagerDigest(alertmanager) };
}

/** Equal for equal configurations, whatever the order of the templates. */
export function alertmanagerDigest({ config, templates }: AlertmanagerOption): string {
  const files = Object.entries(templates).toSorted(([a], [b]) => (a < b ? -1 : 1));
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
    // Receivers' passwords and webhook addresses are all over it.
    alertmanager: alertmanager ? { ...alertmanager, config: MASK, templates: {} } : alertmanager,
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
