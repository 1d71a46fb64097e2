/** secret-add, -get, -set, -info-get, -grant, -revoke, -remove, -ids. Contents go by private files, never by arguments. */
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { ToolOutputError } from '../errors.ts';
import { orEmpty, textMap, texts } from '../shapes.ts';
import { callJson, callText } from './call.ts';
import type { RelationRef } from './relation.ts';
import type { ToolRunner } from './runner.ts';

/** The keys and values of a secret. Keys have at least three lower-case letters, digits or single hyphens. */
export type SecretContent = Readonly<Record<string, string>>;
/** How often Juju asks a secret's owner for new content. */
export type RotatePolicy = 'never' | 'hourly' | 'daily' | 'weekly' | 'monthly' | 'quarterly' | 'yearly';

/** What may be said about a secret besides its content. */
export interface SecretAttributes {
  readonly label?: string;
  readonly description?: string;
  readonly rotate?: RotatePolicy;
  readonly expire?: Date;
}

/** A new secret with its first revision, when the hook succeeds. @returns its URI. */
export function secretAdd(
  tools: ToolRunner,
  owner: 'application' | 'unit',
  values: SecretContent,
  attributes: SecretAttributes = {},
): Promise<string> {
  return withContentFiles(values, async (files) =>
    (await callText(tools, 'secret-add', [...flags(attributes), '--owner', owner, ...files])).trim(),
  );
}

/** A new revision when the content differs from the latest, and changed attributes. */
export async function secretSet(
  tools: ToolRunner,
  id: string,
  values: SecretContent | undefined,
  attributes: SecretAttributes = {},
): Promise<void> {
  await withContentFiles(values ?? {}, (files) =>
    callText(tools, 'secret-set', [id, ...flags(attributes), ...files]),
  );
}

/**
 * Content of the tracked revision, or with `refresh` of the latest, which is tracked from then on, or with
 * `peek` of the latest without tracking it.
 */
export function secretGet(
  tools: ToolRunner,
  which: { readonly id?: string; readonly label?: string },
  mode: 'tracked' | 'refresh' | 'peek' = 'tracked',
): Promise<SecretContent> {
  return callJson(tools, textMap, 'secret-get', [
    ...(which.id === undefined ? [] : [which.id]),
    ...(which.label === undefined ? [] : ['--label', which.label]),
    ...(mode === 'tracked' ? [] : [`--${mode}`]),
  ]);
}

const info = z.lazy(() =>
  z.object({
    revision: z.int(),
    label: z.optional(z.string()),
    owner: z.string(),
    description: z.optional(z.string()),
    /** A `RotatePolicy`; a newer Juju may know others. */
    rotation: z.optional(z.string()),
    /** When it expires, and when it is rotated next: RFC 3339. */
    expiry: z.optional(z.string()),
    rotates: z.optional(z.string()),
    /** To whom it is granted; Juju's own tags. */
    access: orEmpty(z.array(z.object({ target: z.string(), scope: z.string(), role: z.string() })), []),
  }),
);

/** What Juju tells the owner of a secret about it, without its content. */
export interface SecretInfo extends z.infer<typeof info> {
  readonly id: string;
}

/** What is known about a secret this unit or its application owns. */
export async function secretInfo(
  tools: ToolRunner,
  which: { readonly id: string } | { readonly label: string },
): Promise<SecretInfo> {
  const args = 'id' in which ? [which.id] : ['--label', which.label];
  const answer = await callJson(tools, z.record(z.string(), info), 'secret-info-get', args);
  const [entry] = Object.entries(answer);
  if (entry === undefined) throw new ToolOutputError('secret-info-get', args, 'no secret is in it');
  return { id: entry[0], ...entry[1] };
}

/** Bare ids of the secrets this unit may manage. */
export function secretIds(tools: ToolRunner): Promise<string[]> {
  return callJson(tools, orEmpty(texts, []), 'secret-ids');
}

/** Lets the other side of a relation read a secret: the application, or one unit. */
export async function secretGrant(
  tools: ToolRunner,
  id: string,
  relation: RelationRef,
  unit?: string,
): Promise<void> {
  await callText(tools, 'secret-grant', [id, '-r', `${relation.endpoint}:${relation.id}`, ...unitFlag(unit)]);
}

/** Takes a grant back. */
export async function secretRevoke(
  tools: ToolRunner,
  id: string,
  relation: RelationRef,
  unit?: string,
): Promise<void> {
  await callText(tools, 'secret-revoke', [
    id,
    '-r',
    `${relation.endpoint}:${relation.id}`,
    ...unitFlag(unit),
  ]);
}

/** One revision, or the whole secret. */
export async function secretRemove(tools: ToolRunner, id: string, revision?: number): Promise<void> {
  await callText(tools, 'secret-remove', [
    id,
    ...(revision === undefined ? [] : ['--revision', `${revision}`]),
  ]);
}

function unitFlag(unit: string | undefined): string[] {
  return unit === undefined ? [] : ['--unit', unit];
}

function flags(attributes: SecretAttributes): string[] {
  const { label, description, rotate, expire } = attributes;
  return [
    ...(label === undefined ? [] : ['--label', label]),
    ...(description === undefined ? [] : ['--description', description]),
    ...(rotate === undefined ? [] : ['--rotate', rotate]),
    ...(expire === undefined ? [] : ['--expire', expire.toISOString()]),
  ];
}

/** Arguments are visible to every process of the pod, so values lie in files only this user can read. */
async function withContentFiles<T>(values: SecretContent, use: (args: string[]) => Promise<T>): Promise<T> {
  const entries = Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1));
  if (entries.length === 0) return use([]);
  const dir = await mkdtemp(join(tmpdir(), 'secret-'));
  try {
    await chmod(dir, 0o700);
    const args = await Promise.all(
      entries.map(async ([key, value]) => {
        const path = join(dir, key);
        await writeFile(path, value, { mode: 0o600 });
        return `${key}#file=${path}`;
      }),
    );
    return await use(args);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
