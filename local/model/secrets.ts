/** Transitions and views of secrets. Owners are applications, units or the operator ("user secrets"). */
import { randomBytes } from 'node:crypto';
import { applySecretChange, type SecretChange, type SecretView } from 'charmwright/juju';
import { appOf, findApplication, relationsOf, sidesOf } from './lookup.ts';
import { notFound, Refusal } from './refusal.ts';
import type { Model, Secret } from './state.ts';

const KEY = /^([a-z](?:-?[a-z0-9]){2,})$/;
const MAX_BYTES = 1_000_000;
const HOUR_MS = 3_600_000;
const ROTATE_MS = {
  hourly: HOUR_MS,
  daily: 24 * HOUR_MS,
  weekly: 7 * 24 * HOUR_MS,
  monthly: 30 * 24 * HOUR_MS,
  quarterly: 91 * 24 * HOUR_MS,
  yearly: 365 * 24 * HOUR_MS,
} as const;

/** Twenty characters of xid's alphabet. */
export function newSecretId(): string {
  const alphabet = '0123456789abcdefghijklmnopqrstuv';
  return [...randomBytes(20)].map((byte) => alphabet[byte % 32]).join('');
}

/** The secret as one unit sees it; undefined when it is none of its business. */
export function secretView(model: Model, secret: Secret, unit: string): SecretView | undefined {
  const app = appOf(unit);
  const leads = model.applications[app]?.leader === unit;
  const byApp = secret.owner.kind === 'application' && secret.owner.name === app;
  const byUnit = secret.owner.kind === 'unit' && secret.owner.name === unit;
  const owner = byUnit ? 'unit' : byApp && leads ? 'application' : 'none';
  const consumer = secret.consumers[unit];
  const label = owner === 'none' ? (consumer?.label ?? (byApp ? secret.label : undefined)) : secret.label;
  return {
    id: secret.id,
    owner,
    readable: byApp || byUnit || isGranted(secret, unit),
    revisions: secret.revisions.map(({ revision, content }) => ({ revision, content })),
    grants: secret.grants.flatMap(({ relationId, unit: to }) =>
      relationId === undefined ? [] : [{ relationId, ...(to === undefined ? {} : { unit: to }) }],
    ),
    ...(label === undefined ? {} : { label }),
    ...(secret.description === undefined ? {} : { description: secret.description }),
    ...(secret.rotate === undefined ? {} : { rotate: secret.rotate }),
    ...(secret.expire === undefined ? {} : { expire: secret.expire }),
    ...(consumer?.tracked === undefined ? {} : { tracked: consumer.tracked }),
  };
}

function isGranted(secret: Secret, unit: string): boolean {
  return secret.grants.some((g) => g.app === appOf(unit) && (g.unit === undefined || g.unit === unit));
}

/** Commits what one hook asked of its secrets. */
export function commitSecrets(model: Model, unit: string, changes: readonly SecretChange[], now: Date): void {
  for (const change of changes) commitSecret(model, unit, change, now);
}

function commitSecret(model: Model, unit: string, change: SecretChange, now: Date): void {
  const app = appOf(unit);
  const relations = relationsOf(model, app).map((relation) => ({
    id: relation.id,
    remoteApp: sidesOf(relation, app).remote.application,
  }));
  const before = model.secrets[change.id] ?? createdSecret(unit, change);
  if (before === undefined) throw new Refusal(`secret "${change.id}" not found`);
  const view = secretView(model, before, unit);
  const after = view === undefined ? undefined : applySecretChange(view, change, relations);
  if (after === undefined) {
    delete model.secrets[change.id];
    return;
  }
  const created = new Map(before.revisions.map((r) => [r.revision, r.created]));
  const isNew = after.revisions.some(({ revision }) => !created.has(revision));
  const secret: Secret = {
    ...before,
    ...(change.label === undefined ? {} : { label: change.label }),
    ...(change.description === undefined ? {} : { description: change.description }),
    ...(change.rotate === undefined ? {} : { rotate: change.rotate }),
    ...(change.expire === undefined ? {} : { expire: change.expire, expireAt: change.expire }),
    revisions: after.revisions.map(({ revision, content }) => ({
      revision,
      content: { ...content },
      created: created.get(revision) ?? now.toISOString(),
    })),
    grants: after.grants.map((grant) => ({
      relationId: grant.relationId,
      app: relations.find(({ id }) => id === grant.relationId)?.remoteApp ?? '',
      ...(grant.unit === undefined ? {} : { unit: grant.unit }),
    })),
  };
  if (isNew || change.rotate !== undefined) scheduleRotation(secret, now);
  model.secrets[secret.id] = secret;
  if (change.refresh === true)
    trackSecret(model, unit, { id: secret.id, revision: after.revisions.at(-1)?.revision });
}

function createdSecret(unit: string, change: SecretChange): Secret | undefined {
  if (change.create === undefined) return undefined;
  const owner =
    change.create.owner === 'unit'
      ? { kind: 'unit' as const, name: unit }
      : { kind: 'application' as const, name: appOf(unit) };
  return { id: change.id, owner, revisions: [], grants: [], consumers: {} };
}

export function scheduleRotation(secret: Secret, now: Date): void {
  const policy = secret.rotate;
  if (policy === undefined || policy === 'never') delete secret.rotateAt;
  else secret.rotateAt = new Date(now.getTime() + ROTATE_MS[policy]).toISOString();
}

/** A `secret-get` of this unit tracks a revision, or gives a label. */
export function trackSecret(
  model: Model,
  unit: string,
  { id, revision, label }: { id: string; revision?: number | undefined; label?: string | undefined },
): void {
  const secret = model.secrets[id];
  const agent = model.applications[appOf(unit)]?.units[unit]?.agent;
  if (secret === undefined || agent === undefined) return;
  const consumer = secret.consumers[unit] ?? {};
  secret.consumers[unit] = {
    ...consumer,
    ...(revision === undefined ? {} : { tracked: revision }),
    ...(label === undefined ? {} : { label }),
  };
  // What a consumer has just seen need not be announced to it any more.
  const latest = secret.revisions.at(-1)?.revision ?? 0;
  if (consumer.tracked === undefined || revision === latest) agent.secrets.announced[id] = latest;
}

/** Revisions that nobody tracks and that are not the latest: their owner may remove them. */
export function obsoleteRevisions(secret: Secret): number[] {
  const tracked = new Set(Object.values(secret.consumers).map((consumer) => consumer.tracked));
  return secret.revisions
    .slice(0, -1)
    .map(({ revision }) => revision)
    .filter((revision) => !tracked.has(revision));
}

/** A URI, a bare id, or a user secret's name. */
export function findSecret(model: Model, text: string): Secret {
  const id = text.replace(/^secret:(\/\/[^/]*\/)?/, '');
  const found =
    model.secrets[id] ??
    Object.values(model.secrets).find((secret) => secret.owner.kind === 'user' && secret.label === text);
  if (found === undefined) throw notFound(`secret "${text}" not found`);
  return found;
}

function findUserSecret(model: Model, text: string): Secret {
  const secret = findSecret(model, text);
  if (secret.owner.kind !== 'user') throw new Refusal(`permission denied`, 403);
  return secret;
}

export function addUserSecret(
  model: Model,
  request: { name: string; content: Record<string, string>; info?: string | undefined },
  now: string,
): string {
  checkContent(request.content);
  const taken = Object.values(model.secrets).some((s) => s.owner.kind === 'user' && s.label === request.name);
  if (taken) throw new Refusal(`secret with name "${request.name}" already exists`, 409);
  const id = newSecretId();
  model.secrets[id] = {
    id,
    owner: { kind: 'user' },
    label: request.name,
    ...(request.info === undefined ? {} : { description: request.info }),
    revisions: [{ revision: 1, content: request.content, created: now }],
    grants: [],
    consumers: {},
  };
  return `secret:${id}`;
}

export function updateUserSecret(
  model: Model,
  request: {
    secret: string;
    content: Record<string, string>;
    info?: string | undefined;
    newName?: string | undefined;
  },
  now: string,
): void {
  const secret = findUserSecret(model, request.secret);
  if (request.info !== undefined) secret.description = request.info;
  if (request.newName !== undefined) secret.label = request.newName;
  if (Object.keys(request.content).length === 0) return;
  checkContent(request.content);
  const latest = secret.revisions.at(-1);
  const same = JSON.stringify(Object.entries(latest?.content ?? {}).sort());
  if (same === JSON.stringify(Object.entries(request.content).sort())) return;
  secret.revisions.push({ revision: (latest?.revision ?? 0) + 1, content: request.content, created: now });
}

export function grantUserSecret(
  model: Model,
  text: string,
  applications: readonly string[],
  grant: boolean,
): void {
  const secret = findUserSecret(model, text);
  for (const app of applications) {
    findApplication(model, app);
    secret.grants = secret.grants.filter((existing) => existing.app !== app);
    if (grant) secret.grants.push({ app });
  }
}

export function removeUserSecret(model: Model, text: string, revision: number | undefined): void {
  const secret = findUserSecret(model, text);
  if (revision !== undefined)
    secret.revisions = secret.revisions.filter((existing) => existing.revision !== revision);
  if (revision === undefined || secret.revisions.length === 0) delete model.secrets[secret.id];
}

function checkContent(content: Readonly<Record<string, string>>): void {
  const keys = Object.keys(content);
  if (keys.length === 0) throw new Refusal('missing secret value or filename');
  let bytes = 0;
  for (const key of keys) {
    const value = content[key] ?? '';
    if (!KEY.test(key)) throw new Refusal(`key "${key}" not valid`);
    if (value === '') throw new Refusal('empty secret value not valid');
    bytes += Buffer.from(value).toString('base64').length;
  }
  if (bytes > MAX_BYTES) throw new Refusal(`secret content of ${bytes} bytes is larger than ${MAX_BYTES}`);
}
