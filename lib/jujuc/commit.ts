/**
 * What Juju does with a hook's wishes: pure functions over the data of `view.ts`, for whoever keeps that data
 * (the in-process tests, the local model).
 */
import type {
  Bag,
  Immediate,
  Pending,
  RelationView,
  SecretChange,
  SecretGrant,
  SecretView,
  UnitView,
} from './view.ts';

/** Juju's limit for one databag, in bytes. */
export const MAX_BAG_BYTES = 16 * 1024 * 1024;

/** The bag after these changes; the empty string deletes a key. */
export function applyBag(bag: Bag, changes: Bag): Bag {
  return Object.fromEntries(Object.entries({ ...bag, ...changes }).filter(([, value]) => value !== ''));
}

/** Only the changes that alter the bag. Nothing left means: no new version, no event on the other side. */
export function alteringChanges(bag: Bag, changes: Bag): Bag {
  const now = (key: string): string => (Object.hasOwn(bag, key) ? (bag[key] ?? '') : '');
  return Object.fromEntries(Object.entries(changes).filter(([key, value]) => now(key) !== value));
}

/** Charm state, where an empty string is a value and only a deletion deletes. */
export function applyState(state: Bag, pending: Pick<Pending, 'stateSet' | 'stateDelete'>): Bag {
  const after = { ...state, ...pending.stateSet };
  return Object.fromEntries(Object.entries(after).filter(([key]) => !pending.stateDelete.includes(key)));
}

/** `9009/tcp` and the like, sorted by protocol, then number. */
export function applyPorts(
  ports: readonly string[],
  pending: Pick<Pending, 'openPorts' | 'closePorts'>,
): readonly string[] {
  const after = new Set([...ports, ...pending.openPorts]);
  for (const port of pending.closePorts) after.delete(port);
  return [...after].sort(comparePorts);
}

export function comparePorts(a: string, b: string): number {
  const [numberA = '', protocolA = ''] = a.split('/');
  const [numberB = '', protocolB = ''] = b.split('/');
  // icmp has no number and stands by its name alone
  const order = (protocolA || numberA).localeCompare(protocolB || numberB);
  return order === 0 ? Number(numberA) - Number(numberB) : order;
}

/** The secrets this unit sees after its hook was committed. `relations` finds grants by application name. */
export function applySecretChanges(
  secrets: readonly SecretView[],
  changes: readonly SecretChange[],
  relations: readonly Pick<RelationView, 'id' | 'remoteApp'>[] = [],
): readonly SecretView[] {
  const after = new Map(secrets.map((secret) => [secret.id, secret]));
  for (const change of changes) {
    const secret = after.get(change.id) ?? created(change);
    if (secret === undefined) continue;
    const changed = applySecretChange(secret, change, relations);
    if (changed === undefined) after.delete(change.id);
    else after.set(change.id, changed);
  }
  return [...after.values()];
}

function created(change: SecretChange): SecretView | undefined {
  if (change.create === undefined) return undefined;
  return { id: change.id, owner: change.create.owner, revisions: [], readable: true, grants: [] };
}

/** One secret after one change; undefined when nothing of it is left. */
export function applySecretChange(
  secret: SecretView,
  change: SecretChange,
  relations: readonly Pick<RelationView, 'id' | 'remoteApp'>[] = [],
): SecretView | undefined {
  if (change.remove !== undefined && change.remove.revision === undefined) return undefined;
  const kept = secret.revisions.filter(({ revision }) => revision !== change.remove?.revision);
  const latest = secret.revisions.at(-1);
  const isNew =
    change.content !== undefined && (latest === undefined || !sameBag(latest.content, change.content));
  const revisions =
    isNew && change.content !== undefined
      ? [...kept, { revision: (latest?.revision ?? 0) + 1, content: change.content }]
      : kept;
  const last = revisions.at(-1);
  if (last === undefined) return undefined;
  return {
    ...secret,
    ...given('label', change.label),
    ...given('description', change.description),
    ...given('rotate', change.rotate),
    ...given('expire', change.expire),
    ...(change.refresh === true ? { tracked: last.revision } : {}),
    revisions,
    grants: applyGrants(secret.grants, change, relations),
  };
}

function given<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  const entries: { [P in K]?: V } = {};
  if (value !== undefined) entries[key] = value;
  return entries;
}

function applyGrants(
  grants: readonly SecretGrant[],
  change: SecretChange,
  relations: readonly Pick<RelationView, 'id' | 'remoteApp'>[],
): readonly SecretGrant[] {
  const all = [
    ...grants,
    ...(change.grants ?? []).filter((grant) => !grants.some((g) => sameGrant(g, grant))),
  ];
  return all.filter(
    (grant) =>
      !(change.revokes ?? []).some((revoke) =>
        'app' in revoke
          ? grant.unit === undefined &&
            relations.some(({ id, remoteApp }) => id === grant.relationId && remoteApp === revoke.app)
          : sameGrant(grant, revoke),
      ),
  );
}

export function sameGrant(a: SecretGrant, b: SecretGrant): boolean {
  return a.relationId === b.relationId && a.unit === b.unit;
}

/** Whether both hold the same keys and values. */
export function sameBag(a: Bag, b: Bag): boolean {
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && a[key] === b[key])
  );
}

/** A `secret-get` moved this unit's tracked revision, or gave the secret a label. */
export function applySecretTrack(
  secrets: readonly SecretView[],
  effect: Extract<Immediate, { kind: 'secret-track' }>,
): readonly SecretView[] {
  return secrets.map((secret) => {
    if (secret.id !== effect.id) return secret;
    return { ...secret, ...given('tracked', effect.revision), ...given('label', effect.label) };
  });
}

/**
 * Why Juju would refuse to commit these wishes, or undefined. A refused commit fails the hook, and nothing of
 * it is kept.
 */
export function commitRefusal(view: UnitView, pending: Pending): string | undefined {
  for (const relation of view.relations) {
    const bags = [
      applyBag(relation.ownUnit, pending.relationUnit[relation.id] ?? {}),
      applyBag(relation.ownApp, pending.relationApp[relation.id] ?? {}),
    ];
    if (bags.some((bag) => bagBytes(bag) > MAX_BAG_BYTES)) {
      return `databag of relation ${relation.endpoint}:${relation.id} is larger than ${MAX_BAG_BYTES} bytes: quota limit exceeded`;
    }
  }
  return duplicateLabel(applySecretChanges(view.secrets, pending.secrets, view.relations));
}

function bagBytes(bag: Bag): number {
  return Object.entries(bag).reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value),
    0,
  );
}

function duplicateLabel(secrets: readonly SecretView[]): string | undefined {
  const seen = new Set<string>();
  for (const { owner, label } of secrets) {
    if (owner === 'none' || label === undefined || label === '') continue;
    const key = `${owner} ${label}`;
    if (seen.has(key)) return `secret with label ${JSON.stringify(label)} already exists`;
    seen.add(key);
  }
  return undefined;
}
