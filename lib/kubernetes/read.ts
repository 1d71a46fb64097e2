/** Reads an object without Kubernetes' own client: a look costs a dispatch some milliseconds, loading that a hundred. */
import * as z from 'zod/mini';
import { parseJson } from '../json.ts';
import { refusalOf } from './answers.ts';
import { ask, NoAnswer } from './connection.ts';
import { KubernetesUnreachableError } from './errors.ts';
import { type ObjectName, pathOf } from './objects.ts';
import type { ServiceAccount } from './service-account.ts';

/**
 * An object of the account's namespace, or one that has none, through a schema.
 * @throws KubernetesError
 *
 * @example
 * const shape = z.object({ spec: z.object({ replicas: z.number() }) });
 * const { spec } = await readObject(account, { kind: 'StatefulSet', name: juju.app }, shape);
 */
export async function readObject<T>(
  account: ServiceAccount,
  object: ObjectName,
  schema: z.core.$ZodType<T>,
): Promise<T> {
  const { status, text } = await get(account, object);
  if (status !== 200) throw refusalOf('read', object, status, text);
  const parsed = z.safeParse(schema, parseJson(text));
  if (parsed.success) return parsed.data;
  throw new KubernetesUnreachableError('read', object, 'what answers is no Kubernetes API server');
}

async function get(account: ServiceAccount, object: ObjectName) {
  try {
    const { status, body } = await ask(account, { method: 'GET', path: pathOf(object, account.namespace) });
    return { status, text: body.toString('utf8') };
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    throw new KubernetesUnreachableError('read', object, error.message, { cause: error });
  }
}
