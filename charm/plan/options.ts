/** The config options: what each may be, and what the operator is told about one that is not. */
import * as z from 'zod/mini';
import { durationMs, HOUR_MS, YEAR_MS } from '../durations.ts';
import { firstLine } from '../text.ts';
import { type Encryption, parseEncryption } from './encryption.ts';
import type { RawOptions } from './inputs.ts';
import { type KubernetesOptions, parseKubernetes } from './kubernetes.ts';
import { type Component, componentsOf, ROLES_ALLOWED } from './roles.ts';
import { TENANT, TENANT_ALLOWED } from './tenant.ts';

/** Above this the number is a slip of the finger, and Mimir's own arithmetic is safe below it. */
const MOST = 1_000_000_000;
/** Mimir counts durations in nanoseconds in 64 bits: 292 years. */
const LONGEST_MS = 200 * YEAR_MS;

/** Queries ask the ingesters for this much (Mimir's `query_ingesters_within`), so they must keep it. */
const INGESTER_WINDOW_MS = 13 * HOUR_MS;

/** The chosen replica is noted every half of it, up to a sixth late, and Mimir wants a second to spare. */
const LEAST_FAILOVER_MS = 5000;

/** Name of the template file that `alertmanager-templates` becomes. */
export const TEMPLATES_FILE = 'charm.tmpl';

export interface AlertmanagerOption {
  readonly config: string;
  readonly templates: Readonly<Record<string, string>>;
}

/** Checked values, in Mimir's terms. */
export interface Options {
  /** None: the application runs no Mimir. */
  readonly roles: readonly Component[];
  readonly multitenancy: boolean;
  /** Whole seconds. */
  readonly localRetentionSeconds: number;
  /** `0` is for ever. */
  readonly retention: string;
  readonly exemplars: number;
  readonly series: number;
  readonly ingestionRate: number;
  readonly replicationFactor?: number;
  /** Queries read object storage for all times. */
  readonly recentFromBucket: boolean;
  /** Replicas of one sender are told apart. */
  readonly ha?: { readonly failoverMs: number };
  /** Of what is put into object storage. */
  readonly encryption?: Encryption;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  readonly alertmanager?: AlertmanagerOption;
  readonly kubernetes: KubernetesOptions;
}

export interface OptionProblem {
  readonly option: keyof RawOptions;
  /** Shortened for a status line; never the text of a configuration that may hold secrets. */
  readonly value: string;
  readonly allowed: string;
}

export type OptionsResult =
  | { readonly ok: true; readonly options: Options }
  | { readonly ok: false; readonly problems: readonly OptionProblem[] };

function duration(least: number, allowed: string, zeroAllowed: boolean) {
  const isAllowed = (text: string) => {
    const ms = durationMs(text.trim());
    if (ms === undefined || ms > LONGEST_MS) return false;
    return (zeroAllowed && ms === 0) || ms >= least;
  };
  return z.string().check(z.refine(isAllowed, allowed));
}

const count = (least: number, allowed: string) =>
  z.int(allowed).check(z.gte(least, allowed), z.lte(MOST, allowed));

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
const FACTORS = [1, 3, 5] as const;

/** The message of each check is the text that names what is allowed. */
const schema = z.object({
  roles: z.string().check(z.refine((text) => componentsOf(text) !== undefined, ROLES_ALLOWED)),
  multitenancy: z.boolean('true or false'),
  'sender-tenant': z.string().check(z.trim(), z.regex(TENANT, TENANT_ALLOWED)),
  'tsdb-block-retention-period': duration(
    INGESTER_WINDOW_MS,
    'a duration of at least 13h, such as 13h, 1d or 2w',
    false,
  ),
  'metrics-retention-period': duration(
    2 * HOUR_MS,
    '0 (for ever), or a duration of at least 2h, such as 30d',
    true,
  ),
  'max-global-exemplars-per-user': count(0, `a whole number from 0 to ${MOST}`),
  'max-global-series-per-user': count(0, `a whole number from 0 (no limit) to ${MOST}`),
  'ingestion-rate': count(1, `a whole number from 1 to ${MOST}`),
  'replication-factor': z.optional(z.literal(FACTORS, '1, 3 or 5')),
  'recent-from-bucket': z.boolean('true or false'),
  'zone-awareness': z.enum(['auto', 'on', 'off'], 'auto, on or off'),
  'ha-tracker': z.boolean('true or false'),
  'ha-failover-timeout': duration(LEAST_FAILOVER_MS, 'a duration of at least 5s, such as 30s', false),
  's3-sse-type': z.string(),
  's3-sse-kms-key-id': z.string(),
  's3-sse-kms-encryption-context': z.string(),
  // Checked where it is used: who does not use it does not load what checks it.
  'tenant-limits': z.string(),
  'log-level': z.enum(LEVELS, 'debug, info, warn or error'),
  // Mimir itself judges these when they are uploaded.
  'alertmanager-config': z.string(),
  'alertmanager-templates': z.string(),
});

/** Checks all options at once, so that the operator sees every fault in one go. */
export function parseOptions(raw: RawOptions): OptionsResult {
  const parsed = schema.safeParse(raw);
  const problems = parsed.success ? [] : parsed.error.issues.map((issue) => problemOf(raw, issue));
  const templates = raw['alertmanager-templates'].trim();
  if (templates !== '' && raw['alertmanager-config'].trim() === '') {
    problems.push({
      option: 'alertmanager-templates',
      value: '(text)',
      allowed: 'empty while alertmanager-config is empty',
    });
  }
  const encryption = parseEncryption(raw);
  if (!encryption.ok) problems.push(...encryption.problems);
  const kubernetes = parseKubernetes(raw);
  if (!kubernetes.ok) problems.push(...kubernetes.problems);
  if (!parsed.success || !encryption.ok || !kubernetes.ok || problems.length > 0)
    return { ok: false, problems };

  const value = parsed.data;
  return {
    ok: true,
    options: {
      roles: componentsOf(value.roles) ?? [],
      multitenancy: value.multitenancy,
      localRetentionSeconds:
        (durationMs(value['tsdb-block-retention-period'].trim()) ?? INGESTER_WINDOW_MS) / 1000,
      retention: value['metrics-retention-period'].trim(),
      exemplars: value['max-global-exemplars-per-user'],
      series: value['max-global-series-per-user'],
      ingestionRate: value['ingestion-rate'],
      ...(value['replication-factor'] !== undefined && { replicationFactor: value['replication-factor'] }),
      recentFromBucket: value['recent-from-bucket'],
      ...(value['ha-tracker'] && {
        ha: { failoverMs: durationMs(value['ha-failover-timeout'].trim()) ?? LEAST_FAILOVER_MS },
      }),
      ...(encryption.encryption !== undefined && { encryption: encryption.encryption }),
      logLevel: value['log-level'],
      kubernetes: kubernetes.kubernetes,
      ...(value['alertmanager-config'].trim() !== '' && {
        alertmanager: {
          config: value['alertmanager-config'],
          templates: templates === '' ? {} : { [TEMPLATES_FILE]: value['alertmanager-templates'] },
        },
      }),
    },
  };
}

function problemOf(raw: RawOptions, issue: z.core.$ZodIssue): OptionProblem {
  const name = z.keyof(schema).parse(issue.path[0]);
  const text = firstLine(String(raw[name]));
  return { option: name, value: text.length > 40 ? `${text.slice(0, 39)}…` : text, allowed: issue.message };
}
