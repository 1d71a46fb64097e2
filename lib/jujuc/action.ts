/** action-get, action-set, action-log, action-fail. */

import type { Draft } from './draft.ts';
import { misused, quote, refuse } from './refusal.ts';
import { defineTool, noMore, SMART } from './tool.ts';

const KEY = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;
const RESERVED = ['stdout', 'stdout-encoding', 'stderr', 'stderr-encoding'];

type Tree = Readonly<Record<string, unknown>>;

function actionOf(draft: Draft): { readonly name: string; readonly params: Tree } {
  return draft.scope.action ?? refuse('not running an action');
}

export const actionGet = defineTool({
  purpose: 'Get action parameters.',
  formats: SMART,
  run({ draft, args }) {
    const [key, ...rest] = args;
    noMore(rest);
    const { params } = actionOf(draft);
    if (key === undefined) return { value: params };
    return { value: key.split('.').reduce<unknown>(child, params) };
  },
});

function child(node: unknown, key: string): unknown {
  return isTree(node) && Object.hasOwn(node, key) ? node[key] : undefined;
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export const actionSet = defineTool({
  purpose: 'Set action results.',
  run({ draft, args }) {
    const pairs = args.map(parseResult);
    if (pairs.length === 0) return undefined;
    actionOf(draft);
    for (const { path, value } of pairs) draft.actionResults = withValue(draft.actionResults, path, value);
    draft.host.apply({ kind: 'action-set', results: draft.actionResults });
    return undefined;
  },
});

function parseResult(arg: string): { readonly path: readonly string[]; readonly value: string } {
  const at = arg.indexOf('=');
  if (at < 0) misused(`argument ${quote(arg)} must be of the form key...=value`);
  const path = arg.slice(0, at).split('.');
  for (const key of path) {
    if (!KEY.test(key)) {
      misused(
        `key ${quote(key)} must start and end with lowercase alphanumeric, and contain only lowercase alphanumeric, hyphens and periods`,
      );
    }
    if (RESERVED.includes(key)) misused(`cannot set reserved action key ${quote(key)}`);
  }
  return { path, value: arg.slice(at + 1) };
}

function withValue(tree: Tree, path: readonly string[], value: string): Tree {
  const [key = '', ...rest] = path;
  if (rest.length === 0) return { ...tree, [key]: value };
  const below = child(tree, key);
  return { ...tree, [key]: withValue(isTree(below) ? below : {}, rest, value) };
}

export const actionLog = defineTool({
  purpose: 'Record a progress message for the current action.',
  run({ draft, args }) {
    if (args.length === 0) misused('no message specified');
    actionOf(draft);
    draft.host.apply({ kind: 'action-log', message: args.join(' ') });
    return undefined;
  },
});

export const actionFail = defineTool({
  purpose: 'Set action fail status with message.',
  run({ draft, args }) {
    const [message = 'action failed without reason given, check action for errors', ...rest] = args;
    noMore(rest);
    actionOf(draft);
    draft.host.apply({ kind: 'action-fail', message });
    return undefined;
  },
});
