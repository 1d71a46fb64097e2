/** Server-side apply, through Kubernetes' own client, which is loaded when something is applied. */
import { parseJson } from '../json.ts';
import { refusalOf } from './answers.ts';
import { NoAnswer } from './connection.ts';
import { KubernetesConflictError, KubernetesError, KubernetesUnreachableError } from './errors.ts';
import { appliedFields, managedShape } from './fields.ts';
import { apiVersionOf, nameOf, type ObjectPatch } from './objects.ts';
import { readObject } from './read.ts';
import type { ServiceAccount } from './service-account.ts';

/** In whose name fields are decided. */
export interface ApplyOptions {
  /** The same in every unit of the application, and nobody else's. */
  readonly fieldManager: string;
  /**
   * Fields to be taken from whoever decides them, written as conflicts name them. Whoever has set one before will set
   * it again: for fields that are set rarely, and about which there is no quarrel.
   */
  readonly takeOver?: readonly string[];
}

/**
 * Decides the fields of an object that are in `patch`, and gives up those that were in the last one and are not in this.
 * What others decide is left to them. An object that is not there is not made: what it is part of is not the charm's.
 *
 * @returns the fields that are decided here from now on, sorted.
 * @throws KubernetesError
 *
 * @example
 * const account = await juju.serviceAccount();
 * if (account === undefined) return; // not on Kubernetes
 * const service = { kind: 'Service', metadata: { name: juju.app, annotations: { 'example.com/x': 'y' } } } as const;
 * await applyObject(account, service, { fieldManager: 'web-charm' });
 */
export async function applyObject(
  account: ServiceAccount,
  patch: ObjectPatch,
  { fieldManager, takeOver = [] }: ApplyOptions,
): Promise<readonly string[]> {
  // Would else be made, and outlive the application.
  await readObject(account, nameOf(patch), managedShape);
  const server = await import('./client.ts');
  const send = async (force: boolean) =>
    appliedFields(
      await server.sendPatch(account, full(account, patch), { fieldManager, force }),
      fieldManager,
    );
  try {
    return await send(false);
  } catch (error) {
    const refusal = refusalIn(patch, error);
    if (!(refusal instanceof KubernetesConflictError)) throw refusal;
    const theirs = refusal.conflicts.filter(({ field }) => !takeOver.includes(field));
    if (theirs.length > 0) throw new KubernetesConflictError(nameOf(patch), theirs);
  }
  try {
    return await send(true);
  } catch (error) {
    throw refusalIn(patch, error);
  }
}

function full({ namespace }: ServiceAccount, patch: ObjectPatch) {
  return {
    ...patch,
    apiVersion: apiVersionOf(patch.kind),
    metadata: { ...patch.metadata, namespace },
  };
}

function refusalIn(patch: ObjectPatch, error: unknown): unknown {
  if (error instanceof KubernetesError || !(error instanceof Error)) return error;
  const object = nameOf(patch);
  if (error instanceof NoAnswer)
    return new KubernetesUnreachableError('apply', object, error.message, { cause: error });
  const isAnswer = 'code' in error && typeof error.code === 'number' && 'body' in error;
  return isAnswer ? refusalOf('apply', object, Number(error.code), textOf(error.body)) : error;
}

function textOf(body: unknown): string {
  if (typeof body !== 'string') return JSON.stringify(body) ?? '';
  const inner = parseJson(body);
  return typeof inner === 'string' ? inner : body;
}
