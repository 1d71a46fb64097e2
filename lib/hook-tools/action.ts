/** action-get, action-set, action-log, action-fail. */
import * as z from 'zod/mini';
import { orEmpty } from '../shapes.ts';
import { callJson, callText } from './call.ts';
import type { ToolRunner } from './runner.ts';

/** Parameters as the user gave them, with the defaults Juju filled in. */
export function actionGet(tools: ToolRunner): Promise<Record<string, unknown>> {
  return callJson(tools, orEmpty(z.record(z.string(), z.unknown()), {}), 'action-get');
}

/** Results, nested keys dotted (`blocks.count=3`). Values are strings to Juju. */
export async function actionSet(tools: ToolRunner, results: Readonly<Record<string, string>>): Promise<void> {
  const pairs = Object.entries(results).map(([key, value]) => `${key}=${value}`);
  if (pairs.length > 0) await callText(tools, 'action-set', ['--', ...pairs]);
}

/** Shown at once to whoever waits for the action. */
export async function actionLog(tools: ToolRunner, message: string): Promise<void> {
  await callText(tools, 'action-log', ['--', message]);
}

/** Fails the action with a message for its user. Its results are still shown. */
export async function actionFail(tools: ToolRunner, message: string): Promise<void> {
  await callText(tools, 'action-fail', ['--', message]);
}
