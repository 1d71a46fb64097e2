/**
 * Keeps what a charm decides about objects of Kubernetes as it is to be, from one dispatch to the next. A dispatch with
 * nothing to do asks nobody: what was applied is remembered, and looked at again when somebody may have changed it.
 */
import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { type ApplyOptions, applyObject } from './apply.ts';
import { KubernetesError } from './errors.ts';
import { appliedFields, managedShape } from './fields.ts';
import { nameOf, type ObjectName, type ObjectPatch } from './objects.ts';
import { readObject } from './read.ts';
import type { ServiceAccount } from './service-account.ts';

/** What of a dispatch is needed: a `Juju`. */
export interface Keeper {
  readonly event: { readonly kind: string };
  stored<T>(key: string, schema: z.core.$ZodType<T>): T | undefined;
  store(key: string, value: unknown): void;
}

/** When objects are looked at, besides the events that may always have changed them. */
export interface KeepOptions extends ApplyOptions {
  /** Somebody may have written to them now. */
  readonly look?: boolean;
}

/** How one object stands. */
export interface Kept {
  readonly object: ObjectName;
  /** Why it is not as wanted: of this dispatch, or of an earlier one. It is tried again when that may have changed. */
  readonly error?: KeptError;
}

/** What is remembered of a `KubernetesError`. */
export interface KeptError {
  /** That of its class. */
  readonly name: (typeof ERRORS)[number];
  readonly message: string;
}

const ERRORS = [
  'KubernetesForbiddenError',
  'KubernetesConflictError',
  'KubernetesNotFoundError',
  'KubernetesInvalidError',
  'KubernetesUnreachableError',
] as const;

const recordShape = z.record(
  z.string(),
  z.object({
    /** Digest of what was wanted. */
    wanted: z.string(),
    /** Digest of the fields that were decided then. */
    fields: z.optional(z.string()),
    error: z.optional(z.object({ name: z.enum(ERRORS), message: z.string() })),
  }),
);
type Entry = z.infer<typeof recordShape>[string];

const KEY = 'charmwright.kubernetes';

/** Juju may have written the objects anew, another unit may have been the leader, or somebody was at it by hand. */
const LOOK_AGAIN: ReadonlySet<string> = new Set([
  'start',
  'upgrade-charm',
  'leader-elected',
  'update-status',
]);
/** A look tells whether these still hold, and costs little; the others cost an attempt. */
const TRIED_ALWAYS: ReadonlySet<string> = new Set([
  'KubernetesForbiddenError',
  'KubernetesNotFoundError',
  'KubernetesUnreachableError',
]);
const TRY_AGAIN: ReadonlySet<string> = new Set([...LOOK_AGAIN, 'config-changed']);

/**
 * Makes objects what `patches` say, as {@link applyObject} does, in their order. For the leader alone. Name every object
 * that was ever patched, with nothing but its name when there is nothing to decide any more.
 *
 * @example
 * const account = await juju.serviceAccount();
 * if (account === undefined || !(await juju.isLeader())) return;
 * for (const { error } of await keepObjects(juju, account, patches, { fieldManager: 'web-charm' }))
 *   if (error !== undefined) juju.addStatus(blocked(`[kubernetes] ${error.message}`));
 */
export async function keepObjects(
  keeper: Keeper,
  account: ServiceAccount,
  patches: readonly ObjectPatch[],
  options: KeepOptions,
): Promise<readonly Kept[]> {
  const record = keeper.stored(KEY, recordShape) ?? {};
  const next: Record<string, Entry> = {};
  const all: Kept[] = [];
  for (const patch of patches) {
    const object = nameOf(patch);
    const key = `${object.kind}/${object.name}`;
    const entry = await keepOne(keeper, account, patch, options, record[key]);
    next[key] = entry;
    all.push({ object, ...(entry.error !== undefined && { error: entry.error }) });
  }
  keeper.store(KEY, next);
  return all;
}

async function keepOne(
  { event }: Keeper,
  account: ServiceAccount,
  patch: ObjectPatch,
  options: KeepOptions,
  known: Entry | undefined,
): Promise<Entry> {
  const wanted = digest(patch);
  const isSame = known?.wanted === wanted;
  const isLookedAt = options.look === true || LOOK_AGAIN.has(event.kind);
  if (isSame && !isDue(event.kind, isLookedAt, known, patch)) return known;
  try {
    const live = appliedFields(await readObject(account, nameOf(patch), managedShape), options.fieldManager);
    const stands = digest(live);
    if (isSame && known.error === undefined && stands === known.fields) return known;
    if (live.length === 0 && wantsNothing(patch)) return { wanted, fields: stands };
    return { wanted, fields: digest(await applyObject(account, patch, options)) };
  } catch (error) {
    if (!(error instanceof KubernetesError)) throw error;
    // What may not be looked at can have been decided by nobody.
    if (wantsNothing(patch) && known === undefined) return { wanted };
    const name = ERRORS.find((each) => each === error.name) ?? 'KubernetesUnreachableError';
    return { wanted, error: { name, message: error.message } };
  }
}

function isDue(event: string, isLookedAt: boolean, { error }: Entry, patch: ObjectPatch): boolean {
  if (error !== undefined) return TRIED_ALWAYS.has(error.name) || TRY_AGAIN.has(event);
  return isLookedAt && !wantsNothing(patch);
}

function wantsNothing({ kind: _kind, metadata, ...rest }: ObjectPatch): boolean {
  return Object.keys(rest).length === 0 && Object.keys(metadata).every((key) => key === 'name');
}

function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);
}
