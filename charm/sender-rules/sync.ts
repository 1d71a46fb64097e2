/** Brings the ruler in step with what senders publish: what differs is sent, what nobody sends any more is deleted. */
import type { StoredGroup } from '../mimir-api.ts';
import { MimirAnswerError, MimirError } from '../mimir-errors.ts';
import { readSentRules } from './read.ts';
import { keyOfNamespace, namespaceOf } from './record.ts';
import { Ruler, type RulerApi } from './ruler.ts';

/** A sender's rules as they came. */
export interface Sent {
  /** `5:grafana-agent-k8s` */
  readonly key: string;
  readonly text: string;
  /** False: the ruler certainly has nothing of it. */
  readonly mayBeThere: boolean;
}

export interface Work {
  readonly sent: readonly Sent[];
  /** Keys of those whose rules must go. */
  readonly gone: readonly string[];
  /** Compare all that the ruler holds: then those must go, too, that are not among `sent`. */
  readonly everything: boolean;
}

export type Result =
  | { readonly kind: 'loaded'; readonly problems: readonly string[] }
  | { readonly kind: 'removed' }
  /** To be tried again. */
  | { readonly kind: 'failed'; readonly error: MimirError };

type Present = Readonly<Record<string, readonly StoredGroup[]>>;

/**
 * What became of each sender, by key.
 * @throws MimirError when Mimir does not say what it holds; nothing was done then.
 */
export async function syncSenderRules(
  api: RulerApi,
  tenant: string,
  { sent, gone, everything }: Work,
): Promise<ReadonlyMap<string, Result>> {
  const ruler = new Ruler(api, tenant);
  const present = everything ? await unlessUnreadable(() => ruler.namespaces()) : undefined;
  const leaving = new Set([...gone, ...others(Object.keys(present ?? {}), sent)]);
  const results = await Promise.all([
    ...sent.map(async (each) => [each.key, await load(ruler, each, present)] as const),
    ...[...leaving].map(async (key) => [key, await remove(ruler, key)] as const),
  ]);
  return new Map(results);
}

/** There are texts that Mimir prints as what is no YAML; nobody's rules shall wait for somebody's to be mended. */
async function unlessUnreadable<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof MimirAnswerError) return undefined;
    throw error;
  }
}

/** Of senders that are no longer related; namespaces of people are not ours to delete. */
function others(namespaces: readonly string[], sent: readonly Sent[]): readonly string[] {
  const keys = new Set(sent.map(({ key }) => key));
  return namespaces.map(keyOfNamespace).filter((key): key is string => key !== undefined && !keys.has(key));
}

async function load(ruler: Ruler, sent: Sent, present: Present | undefined): Promise<Result> {
  const read = readSentRules(sent.text);
  // What was good before stays in use.
  if (!read.ok) return { kind: 'loaded', problems: [read.problem] };
  const namespace = namespaceOf(sent.key);
  try {
    const groups = await groupsThere(ruler, namespace, sent, present);
    const refused = await ruler.fill(namespace, read.groups, groups);
    return { kind: 'loaded', problems: [...read.problems, ...refused] };
  } catch (error) {
    return failed(error);
  }
}

async function groupsThere(
  ruler: Ruler,
  namespace: string,
  { mayBeThere }: Sent,
  present: Present | undefined,
): Promise<readonly StoredGroup[]> {
  if (present !== undefined) return present[namespace] ?? [];
  if (!mayBeThere) return [];
  const groups = await unlessUnreadable(() => ruler.groups(namespace));
  if (groups === undefined) await ruler.remove(namespace);
  return groups ?? [];
}

async function remove(ruler: Ruler, key: string): Promise<Result> {
  try {
    await ruler.remove(namespaceOf(key));
    return { kind: 'removed' };
  } catch (error) {
    return failed(error);
  }
}

function failed(error: unknown): Result {
  if (error instanceof MimirError) return { kind: 'failed', error };
  throw error;
}
