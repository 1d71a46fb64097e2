/**
 * What is known of the senders' rules in Mimir's ruler without asking it, and what is left to do.
 *
 * The leader notes in the peer databag what it has loaded, so that the next leader need not begin anew. Juju commits
 * that note at the end of a hook; a hook that is killed before has changed the ruler all the same. So the digest of the
 * note that must be there afterwards lies in the charm's folder, too: while the two differ, nothing is believed.
 */

import { createHash } from 'node:crypto';
import type { RulesRecord } from '../../relations/peers.ts';
import type { SenderRules } from '../plan/inputs.ts';
import { DEFAULT_TENANT } from '../plan/tenant.ts';
import { compareNames } from '../text.ts';

const PREFIX = 'receive-remote-write:';

/** Of what is to be looked at again, whatever its rules are. No digest looks so. */
export const UNSURE = '?';

/** Raised when the same rules are loaded in another way. */
const FORMAT = 1;

/** As the record names it: `5:grafana-agent-k8s`. The id alone tells relations apart, the name is for people. */
export function keyOf({ id, app }: Pick<SenderRules, 'id' | 'app'>): string {
  return `${id}:${app}`;
}

/** Where the ruler keeps them: `receive-remote-write:5:grafana-agent-k8s`. */
export function namespaceOf(key: string): string {
  return PREFIX + key;
}

/** The record's name for a namespace of this kind; undefined for those of people. */
export function keyOfNamespace(namespace: string): string | undefined {
  return /^receive-remote-write:\d+:/.test(namespace) ? namespace.slice(PREFIX.length) : undefined;
}

/** Tells texts apart without keeping them. */
export function rulesDigest(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 16);
}

/** What a record is worth nothing without: the storage that the rules are in, for whom, and how they are loaded. */
export function basisOf(storage: string, tenant: string): string {
  return rulesDigest(`${FORMAT} ${storage}${tenant === DEFAULT_TENANT ? '' : ` ${tenant}`}`);
}

/** Equal for equal records. */
export function recordDigest({ basis, synced }: RulesRecord): string {
  const entries = Object.entries(synced).toSorted(compareNames);
  return rulesDigest(JSON.stringify([basis, entries]));
}

export type Due =
  | { readonly kind: 'nothing' }
  /** `everything`: nothing is believed, and all that the ruler holds must be compared. */
  | {
      readonly kind: 'some' | 'everything';
      readonly changed: readonly SenderRules[];
      readonly gone: readonly string[];
    };

/**
 * @param wanted senders that have rules.
 * @param note what the charm's folder says the record must be; undefined when it says nothing, as in a new pod.
 */
export function rulesDue(
  record: RulesRecord | undefined,
  wanted: readonly SenderRules[],
  basis: string,
  note: string | undefined,
): Due {
  if (wanted.length === 0 && record === undefined && note === undefined) return { kind: 'nothing' };
  const present = new Set(wanted.map(keyOf));
  const gone = Object.keys(record?.synced ?? {}).filter((key) => !present.has(key));
  if (record?.basis !== basis || note !== recordDigest(record))
    return { kind: 'everything', changed: wanted, gone };
  const changed = wanted.filter((sender) => sender.digest !== record.synced[keyOf(sender)]);
  return changed.length + gone.length === 0 ? { kind: 'nothing' } : { kind: 'some', changed, gone };
}
