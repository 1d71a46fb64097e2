/** Who may ask Pebble what. Pure; refused in Pebble's words. */
import { ApiError } from '../pebble/errors.ts';
import type { BasicCredentials, Identity } from '../pebble/types.ts';

const BAD_NAME =
  'identity name "" invalid: must start with an alphabetic character and only contain alphanumeric characters, underscore, and hyphen';

type Identities = Readonly<Record<string, Identity>>;

/** Pebble never tells what an identity proves itself with. */
export function shownIdentities(identities: Identities): Identities {
  const masked = Object.entries(identities).map(([name, { basic, cert, ...identity }]) => [
    name,
    {
      ...identity,
      ...(basic && { basic: { password: '*****' } }),
      ...(cert && { cert: { pem: '*****' } }),
    },
  ]);
  return Object.fromEntries(masked);
}

/** @throws ApiError */
export function changeIdentities(
  identities: Identities,
  action: 'add' | 'update' | 'replace' | 'remove',
  changes: Readonly<Record<string, Identity | null>>,
): Identities {
  const names = Object.keys(changes).sort();
  for (const name of names) checkIdentity(name, changes[name] ?? undefined);
  const known = names.filter((name) => Object.hasOwn(identities, name));
  const unknown = names.filter((name) => !known.includes(name));
  if (action === 'add' && known.length > 0) refuse(`identities already exist: ${known.join(', ')}`);
  if ((action === 'update' || action === 'remove') && unknown.length > 0) {
    refuse(`identities do not exist: ${unknown.join(', ')}`);
  }
  const entries = Object.entries({ ...identities, ...changes });
  return Object.fromEntries(entries.filter((entry): entry is [string, Identity] => entry[1] !== null));
}

/** Nothing is hashed: a name is enough. Whoever is unknown is who holds the socket. @throws ApiError */
export function checkMetricsAccess(identities: Identities, credentials: BasicCredentials | undefined): void {
  const identity = credentials && identities[credentials.username];
  if (identity?.basic !== undefined && identity.access === 'untrusted') {
    throw new ApiError(401, 'login-required', 'access denied');
  }
}

function checkIdentity(name: string, identity: Identity | undefined): void {
  if (identity === undefined) return;
  const fault = /^[a-zA-Z][a-zA-Z0-9_-]*$/.test(name) ? faultOf(identity) : BAD_NAME;
  if (fault !== undefined) refuse(`invalid identity for "${name}": ${fault}`);
}

function faultOf({ access, local, basic, cert }: Identity): string | undefined {
  const levels = ['admin', 'read', 'metrics', 'untrusted'];
  if (!levels.includes(access)) {
    return `invalid access value "${access}", must be "admin", "read", "metrics", or "untrusted"`;
  }
  if (basic?.password === '') return 'basic identity must specify password (hashed)';
  if (local ?? basic ?? cert) return undefined;
  return 'identity must have at least one type ("local", "basic", or "cert")';
}

function refuse(message: string): never {
  throw new ApiError(400, '', message);
}
