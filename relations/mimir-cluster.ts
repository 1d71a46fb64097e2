/**
 * Interface `mimir_cluster`: several applications make one Mimir. Every value is JSON. Keys that Canonical's coordinator
 * and worker charms have, too, mean what they mean there; the others are ours (docs/reference/mimir-cluster.md).
 */
import { isIP } from 'node:net';
import { type Bag, parseJson, stableJson } from 'charmwright';
import * as z from 'zod/mini';
import { type KeyProblem, keyProblems } from './bag.ts';
import { type ClusterTurn, type Requests, zoneShape } from './peers.ts';
import { bundle, certificatesIn } from './pem.ts';

/** Of what the one that leads says. Another one is another agreement, and nothing of it is used. */
export const FORMAT = 1;

/** A tree of settings, as Mimir's YAML file has it. */
export type Settings = { readonly [key: string]: string | number | boolean | readonly string[] | Settings };

const HOST = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;
const SECRET_URI = /^secret:(?:\/\/[0-9a-f-]{36}\/)?[0-9a-z]{20}$/;
const MOST_UNITS = 100_000;
/** Settings inside settings; Mimir's own are six deep. */
const DEEPEST = 12;

function json<T>(schema: z.core.$ZodType<T, unknown>, problem: string) {
  const read = z.transform((text: string, context) => {
    const parsed = z.safeParse(schema, parseJson(text));
    if (parsed.success) return parsed.data;
    // The text itself is not repeated: whoever wrote it may have put anything there.
    context.issues.push({ code: 'custom', input: undefined, message: `must be JSON: ${problem}` });
    return z.NEVER;
  });
  return z.pipe(z.string(), read);
}

const host = json(z.string().check(z.regex(HOST)), 'the name of a host');

/** What an application says that has joined. */
export interface MemberApp {
  /** As the operator wrote them, or as a list of components. */
  readonly role?: string;
  readonly plannedUnits?: number;
  /** A name in DNS for all of its units. */
  readonly endpoints?: string;
  /** To restart its units; absent until it has had to ask. */
  readonly requests?: Requests | undefined;
}

export interface MemberUnitData {
  readonly host?: string;
  readonly ip?: string;
  readonly authorities?: string;
  /** Its Mimir does not answer. */
  readonly silent?: true;
  /** The number of copies for which it has flushed its ingester. */
  readonly flushedFor?: number | undefined;
  /** The number of copies for which its ingester takes no writes. */
  readonly heldFor?: number | undefined;
  /** What it runs, while that is more than its application is to do. */
  readonly runs?: string;
  /** That of its node, where that has one. */
  readonly zone?: string | undefined;
}

export function memberApp({
  role,
  plannedUnits,
  endpoints,
  requests,
}: Required<Omit<MemberApp, 'requests'>> & Pick<MemberApp, 'requests'>): Bag {
  return {
    endpoints: stableJson(endpoints),
    planned_units: stableJson(plannedUnits),
    ...(requests !== undefined && { restart: stableJson(requests) }),
    role: stableJson(role),
  };
}

export function memberUnit(
  {
    host: address,
    ip,
    authorities,
    silent,
    flushedFor,
    heldFor,
    runs,
    zone,
  }: MemberUnitData & { readonly host: string },
  topology: { readonly application: string; readonly unit: string; readonly charm: string },
): Bag {
  const { application, unit, charm } = topology;
  return {
    address: stableJson(address),
    ...(flushedFor !== undefined && { flushed_for: stableJson(flushedFor) }),
    ...(heldFor !== undefined && { held_for: stableJson(heldFor) }),
    ...(ip !== undefined && { ip: stableJson(ip) }),
    juju_topology: stableJson({ application, charm_name: charm, unit }),
    ...(runs !== undefined && { runs: stableJson(runs) }),
    ...(silent && { serving: stableJson(false) }),
    ...(authorities !== undefined && { tls_ca: stableJson(authorities) }),
    ...(zone !== undefined && { zone: stableJson(zone) }),
  };
}

const numberOfCopies = z.int().check(z.gte(1), z.lte(9));
const copies = z.optional(json(numberOfCopies, 'a number from 1 to 9'));

const role = z.optional(json(z.string().check(z.maxLength(1000)), 'a text of roles'));
const requestNumber = z.int().check(z.gte(0));
const requestsShape = z.object({ asked: requestNumber, done: requestNumber });

const memberAppSchema = z.object({
  role,
  planned_units: z.optional(json(z.int().check(z.gte(0), z.lte(MOST_UNITS)), 'a number of units')),
  endpoints: z.optional(host),
  restart: z.optional(json(requestsShape, 'numbers of requests')),
});

/** What can be read of it, and what cannot. */
export interface Said<T> {
  readonly said: T;
  readonly problems: readonly KeyProblem[];
}

/** The databag of an application that has joined. */
export function readMemberApp(bag: Bag): Said<MemberApp> {
  const parsed = memberAppSchema.safeParse(bag);
  if (!parsed.success) return { said: {}, problems: keyProblems(parsed.error) };
  const { role, planned_units: plannedUnits, endpoints, restart: requests } = parsed.data;
  return {
    said: {
      ...(role !== undefined && { role }),
      ...(plannedUnits !== undefined && { plannedUnits }),
      ...(endpoints !== undefined && { endpoints }),
      ...(requests !== undefined && { requests }),
    },
    problems: [],
  };
}

const memberUnitSchema = z.object({
  address: z.optional(host),
  ip: z.optional(json(z.string().check(z.refine((text) => isIP(text) !== 0)), 'an IP address')),
  serving: z.optional(json(z.boolean(), 'true or false')),
  flushed_for: copies,
  held_for: copies,
  runs: role,
  tls_ca: z.optional(json(z.string(), 'certificates')),
  zone: z.optional(json(zoneShape, 'a zone, as Kubernetes has the values of labels')),
});

/** The databag of a unit of an application that has joined. */
export function readMemberUnit(bag: Bag): Said<MemberUnitData> {
  const parsed = memberUnitSchema.safeParse(bag);
  if (!parsed.success) return { said: {}, problems: keyProblems(parsed.error) };
  const {
    address,
    ip,
    serving,
    tls_ca: ca,
    flushed_for: flushedFor,
    held_for: heldFor,
    runs,
    zone,
  } = parsed.data;
  const read = certificatesIn(ca ?? '').filter((each) => each !== undefined);
  const problems =
    ca !== undefined && read.length === 0 ? [{ key: 'tls_ca', problem: 'holds no certificate' }] : [];
  return {
    said: {
      ...(address !== undefined && { host: address }),
      ...(ip !== undefined && { ip }),
      ...(serving === false && { silent: true }),
      ...(flushedFor !== undefined && { flushedFor }),
      ...(heldFor !== undefined && { heldFor }),
      ...(runs !== undefined && { runs }),
      ...(zone !== undefined && { zone }),
      ...(read.length > 0 && { authorities: bundle(read) }),
    },
    problems,
  };
}

/** What is said of another number of copies. */
export interface CopiesWord {
  /** It is wanted, and comes when all are ready for it. */
  readonly toCome?: number | undefined;
  /** For this number to come no ingester takes writes. */
  readonly hold?: number | undefined;
  /** From when on the present one holds, in milliseconds since 1970. */
  readonly since?: number | undefined;
}

/** What the application that leads says to all others. */
export interface ClusterConfiguration {
  /** Without credentials: in their places stand empty texts. */
  readonly settings: Settings;
  readonly replicationFactor: number;
  readonly copies?: CopiesWord;
  /** Whom all certificates of the cluster name. */
  readonly serverName: string;
  /** Of object storage, PEM. */
  readonly storageAuthorities?: string;
  /** Of the units' certificates, PEM; present while the units speak TLS. */
  readonly authorities?: string;
  /** Others that somebody told us to trust, PEM. */
  readonly trusted?: string;
  /** Limits of single tenants, as the units tell each other of them. */
  readonly tenantLimits?: string;
  /** Those of the application that is told: what it had said when all were one Mimir last. */
  readonly role?: string;
}

/** What the application that leads says besides. */
interface LeaderWords {
  /** URI of the credentials; undefined where the units need none. */
  readonly secret: string | undefined;
  readonly turn: ClusterTurn | undefined;
  /** Queries of those that have joined wait for its query schedulers. */
  readonly answersAlone?: boolean;
}

/** The credentials of object storage, as they stand in the secret. */
export const credentialsSchema = z.object({ 'access-key': z.string(), 'secret-key': z.string() });
export type Credentials = z.infer<typeof credentialsSchema>;

/**
 * What was said before, by one that leads and that nothing else can be told of before somebody mends it. Nothing, where
 * nothing was said: who has joined waits then anyway.
 */
export function blockedApp(said: Bag, turn: ClusterTurn | undefined): Bag {
  if (said.worker_config === undefined) return said;
  return { ...said, blocked: stableJson(true), turn: stableJson(turn ?? null) };
}

export function leaderApp(
  configuration: ClusterConfiguration,
  { secret, turn, answersAlone }: LeaderWords,
): Bag {
  const { settings, replicationFactor, serverName, storageAuthorities, authorities, trusted, tenantLimits } =
    configuration;
  const { toCome, hold, since } = configuration.copies ?? {};
  const copies = {
    ...(toCome !== undefined && { to_come: toCome }),
    ...(hold !== undefined && { hold }),
    ...(since !== undefined && { since }),
  };
  return {
    ...(answersAlone && { answers_alone: stableJson(true) }),
    ...(authorities !== undefined && { ca_cert: stableJson(authorities) }),
    ...(Object.keys(copies).length > 0 && { copies: stableJson(copies) }),
    format: stableJson(FORMAT),
    ...(trusted !== undefined && { received_ca: stableJson(trusted) }),
    replication_factor: stableJson(replicationFactor),
    ...(configuration.role !== undefined && { role: stableJson(configuration.role) }),
    ...(secret !== undefined && { s3_secret_id: stableJson(secret) }),
    ...(storageAuthorities !== undefined && { s3_tls_ca_chain: stableJson(storageAuthorities) }),
    server_name: stableJson(serverName),
    ...(tenantLimits !== undefined && { tenant_limits: stableJson(tenantLimits) }),
    // That it is there says that turns are given at all.
    turn: stableJson(turn ?? null),
    // JSON is YAML, too. The order of the settings is kept: it is the order in the file of every unit.
    worker_config: stableJson(JSON.stringify(settings)),
  };
}

const areCertificates = (text: string) => {
  const read = certificatesIn(text);
  return read.length > 0 && !read.includes(undefined);
};
const certificates = z.optional(json(z.string().check(z.refine(areCertificates)), 'certificates'));
const copiesShape = z.object({
  to_come: z.optional(numberOfCopies),
  hold: z.optional(numberOfCopies),
  since: z.optional(z.int().check(z.gte(1_600_000_000_000), z.lte(9_999_999_999_999))),
});
const turnShape = z.object({ application: z.string(), request: requestNumber });
const leaderSchema = z.object({
  answers_alone: z.optional(json(z.boolean(), 'true or false')),
  blocked: z.optional(json(z.boolean(), 'true or false')),
  worker_config: json(
    z.pipe(
      z.string(),
      z.transform((text: string, context) => {
        const settings = settingsOf(parseJson(text));
        if (settings !== undefined) return settings;
        context.issues.push({ code: 'custom', input: undefined, message: 'no settings' });
        return z.NEVER;
      }),
    ),
    "a text that is Mimir's settings in JSON",
  ),
  replication_factor: json(numberOfCopies, 'a number from 1 to 9'),
  copies: z.optional(json(copiesShape, 'what is said of another number of copies')),
  role,
  server_name: host,
  s3_secret_id: z.optional(json(z.string().check(z.regex(SECRET_URI)), 'the URI of a secret')),
  s3_tls_ca_chain: certificates,
  ca_cert: certificates,
  received_ca: certificates,
  tenant_limits: z.optional(json(z.string(), 'limits of tenants')),
  turn: z.optional(json(z.nullable(turnShape), 'an application and its request')),
});

export type LeaderAnswer =
  /** Nothing yet. */
  | { readonly kind: 'silent' }
  | { readonly kind: 'other-format'; readonly format: string }
  | { readonly kind: 'invalid'; readonly problems: readonly KeyProblem[] }
  | {
      readonly kind: 'said';
      readonly configuration: ClusterConfiguration;
      /** URI of the credentials. */
      readonly secret?: string;
      /** It has something wrong, and this is what it last had right. */
      readonly blocked?: true;
      /** Queries of others wait for its query schedulers. */
      readonly answersAlone?: true;
      /** Who may restart; absent where its charm gives no turns. */
      readonly turn?: ClusterTurn | 'nobody';
    };

/** The databag of the application that leads. */
export function readLeaderApp(bag: Bag): LeaderAnswer {
  if (bag.format === undefined && bag.worker_config === undefined) return { kind: 'silent' };
  if (parseJson(bag.format ?? '') !== FORMAT) {
    const [digits] = /^\d{1,6}$/.exec(bag.format ?? '') ?? ['another'];
    return { kind: 'other-format', format: digits };
  }
  const parsed = leaderSchema.safeParse(bag);
  if (!parsed.success) return { kind: 'invalid', problems: keyProblems(parsed.error) };
  const { data } = parsed;
  return {
    kind: 'said',
    configuration: {
      settings: data.worker_config,
      replicationFactor: data.replication_factor,
      ...(data.copies !== undefined && { copies: copiesOf(data.copies) }),
      serverName: data.server_name,
      ...(data.s3_tls_ca_chain !== undefined && { storageAuthorities: data.s3_tls_ca_chain }),
      ...(data.ca_cert !== undefined && { authorities: data.ca_cert }),
      ...(data.received_ca !== undefined && { trusted: data.received_ca }),
      ...(data.tenant_limits !== undefined && { tenantLimits: data.tenant_limits }),
      ...(data.role !== undefined && { role: data.role }),
    },
    ...(data.s3_secret_id !== undefined && { secret: data.s3_secret_id }),
    ...(data.blocked === true && { blocked: true }),
    ...(data.answers_alone === true && { answersAlone: true }),
    ...(data.turn !== undefined && { turn: data.turn ?? 'nobody' }),
  };
}

function copiesOf({ to_come: toCome, hold, since }: z.infer<typeof copiesShape>): CopiesWord {
  return { toCome, hold, since };
}

const KEY = /^[a-z][a-z0-9_]{0,63}$/;

/** Settings, of whatever was sent as such; undefined when it is none. By hand, because remote data may be any depth. */
function settingsOf(value: unknown, depth = 0): Settings | undefined {
  if (!isRecord(value) || depth > DEEPEST) return undefined;
  const entries: [string, Settings[string]][] = [];
  for (const [key, inner] of Object.entries(value)) {
    const setting = KEY.test(key) ? settingOf(inner, depth) : undefined;
    if (setting === undefined) return undefined;
    entries.push([key, setting]);
  }
  return Object.fromEntries(entries);
}

function settingOf(value: unknown, depth: number): Settings[string] | undefined {
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (Array.isArray(value)) {
    const texts = value.filter((each) => typeof each === 'string');
    return texts.length === value.length ? texts : undefined;
  }
  return settingsOf(value, depth + 1);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
