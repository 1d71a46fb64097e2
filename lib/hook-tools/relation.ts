/** relation-ids, relation-list, relation-get, relation-set, relation-model-get. */
import * as z from 'zod/mini';
import { orEmpty, textMap, texts } from '../shapes.ts';
import { callJson, callText } from './call.ts';
import type { ToolRunner } from './runner.ts';

/** A databag as the hook tools give it. */
export type Bag = Readonly<Record<string, string>>;

const bag = orEmpty(textMap, {});
const names = orEmpty(texts, []);

/** `endpoint:4`; Juju reads only the number, people read both. */
export interface RelationRef {
  readonly endpoint: string;
  readonly id: number;
}

function ref(relation: RelationRef): string {
  return `${relation.endpoint}:${relation.id}`;
}

/** Ids of the endpoint's relations, in ascending order. A broken relation is not among them. */
export async function relationIds(tools: ToolRunner, endpoint: string): Promise<number[]> {
  const ids = await callJson(tools, names, 'relation-ids', [endpoint]);
  return ids.map((id) => Number(id.slice(id.lastIndexOf(':') + 1))).sort((a, b) => a - b);
}

/** Units on the other side that have joined (for a peer relation: the other units), sorted by Juju. */
export function relationList(tools: ToolRunner, relation: RelationRef): Promise<string[]> {
  return callJson(tools, names, 'relation-list', ['-r', ref(relation)]);
}

/** Name of the application on the other side; answers even when it has no units. */
export function relationApp(tools: ToolRunner, relation: RelationRef): Promise<string> {
  return callJson(tools, z.string(), 'relation-list', ['-r', ref(relation), '--app']);
}

/** A unit's whole databag, or an application's. */
export function relationGet(
  tools: ToolRunner,
  relation: RelationRef,
  entity: { readonly unit: string } | { readonly app: string },
): Promise<Bag> {
  const which = 'app' in entity ? ['--app', '-', entity.app] : ['-', entity.unit];
  return callJson(tools, bag, 'relation-get', ['-r', ref(relation), ...which]);
}

/** Writes into an own databag; the empty string deletes a key. Values go by standard input: they may be large. */
export async function relationSet(
  tools: ToolRunner,
  relation: RelationRef,
  side: 'unit' | 'app',
  values: Bag,
): Promise<void> {
  const app = side === 'app' ? ['--app'] : [];
  await callText(tools, 'relation-set', ['-r', ref(relation), ...app, '--file', '-'], JSON.stringify(values));
}

/** UUID of the model at the relation's other end (Juju 3.6.2 and newer). */
export async function relationModel(tools: ToolRunner, relation: RelationRef): Promise<string> {
  const model = await callJson(tools, z.object({ uuid: z.string() }), 'relation-model-get', [
    '-r',
    ref(relation),
  ]);
  return model.uuid;
}
