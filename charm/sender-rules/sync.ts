/** Brings the ruler in step with what senders publish: what differs is sent, what nobody sends any more is deleted. */
import type { StoredGroup } from '../mimir-api.ts';
import { MimirError } from '../mimir-errors.ts';
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
  /** Keys of those whose rules must go; `others`: and those of all that are not among `sent`. */
  readonly gone: readonly string[] | 'others';
}

export type Result =
  | { readonly kind: 'loaded'; readonly problems: readonly string[] }
  | { readonly kind: 'removed' }
  /** To be tried again. */
  | { readonly kind: 'failed'; readonly error: MimirError };

/** What became of each sender, by key. Never throws because of Mimir. */
export async function syncSenderRules(
  api: RulerApi,
  tenant: string,
  { sent, gone }: Work,
): Promise<ReadonlyMap<string, Result>> {
  const ruler = new Ruler(api, tenant);
  let present: Readonly<Record<string, readonly StoredGroup[]>> | undefined;
  try {
    present = gone === 'others' ? await ruler.namespaces() : undefined;
  } catch (error) {
    return new Map(sent.map(({ key }) => [key, failed(error)]));
  }
  const left = present === undefined ? [] : others(Object.keys(present), sent);
  const results = await Promise.all([
    ...sent.map(async (each) => [each.key, await load(ruler, each, present)] as const),
    ...(gone === 'others' ? left : gone).map(async (key) => [key, await remove(ruler, key)] as const),
  ]);
  return new Map(results);
}

/** Of senders that are no longer related; namespaces of people are not ours to delete. */
function others(namespaces: readonly string[], sent: readonly Sent[]): readonly string[] {
  const keys = new Set(sent.map(({ key }) => key));
  return namespaces.map(keyOfNamespace).filter((key): key is string => key !== undefined && !keys.has(key));
}

async function load(
  ruler: Ruler,
  { key, text, mayBeThere }: Sent,
  present: Readonly<Record<string, readonly StoredGroup[]>> | undefined,
): Promise<Result> {
  const read = readSentRules(text);
  // What was good before stays in use.
  if (!read.ok) return { kind: 'loaded', problems: [read.problem] };
  const namespace = namespaceOf(key);
  try {
    const groups =
      present?.[namespace] ?? (present === undefined && mayBeThere ? await ruler.groups(namespace) : []);
    const refused = await ruler.fill(namespace, read.groups, groups);
    return { kind: 'loaded', problems: [...read.problems, ...refused] };
  } catch (error) {
    return failed(error);
  }
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
