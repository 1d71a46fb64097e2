/** relation-ids, relation-list, relation-get, relation-set, relation-model-get. */
import { keyValues, lookup, parseBag } from './bag.ts';
import type { Draft } from './draft.ts';
import { applicationOf, isApplication, isUnit } from './names.ts';
import { misused, quote, refuse } from './refusal.ts';
import { defineTool, deprecatedFormat, type Invocation, noMore, SMART } from './tool.ts';
import type { Bag, RelationView } from './view.ts';

const relationFlag = { kind: 'relation', also: ['r'] } as const;

function relationOf(call: Invocation<'relation'>): RelationView {
  const id = call.number('relation') ?? call.draft.scope.relation?.id;
  if (id === undefined) misused('no relation id specified');
  return call.draft.relation(id);
}

export const relationIds = defineTool({
  purpose: 'List all relation IDs for the given endpoint.',
  formats: SMART,
  run({ draft, args }) {
    const endpoint = args[0] ?? draft.scope.relation?.endpoint;
    if (endpoint === undefined || endpoint === '') misused('no endpoint name specified');
    noMore(args.slice(1));
    const ids = draft.view.relations
      .filter((relation) => relation.endpoint === endpoint && !relation.broken)
      .map((relation) => `${relation.endpoint}:${relation.id}`);
    return { value: ids.sort() };
  },
});

export const relationList = defineTool({
  purpose: 'List relation units.',
  formats: SMART,
  flags: { relation: relationFlag, app: { kind: 'switch' } },
  run(call) {
    const relation = relationOf(call);
    noMore(call.args);
    return { value: call.has('app') ? relation.remoteApp : [...relation.members].sort() };
  },
});

export const relationModelGet = defineTool({
  purpose: 'Get details about the model hosting the related application.',
  formats: SMART,
  flags: { relation: relationFlag },
  run(call) {
    const relation = relationOf(call);
    noMore(call.args);
    return { value: { uuid: relation.remoteModelUuid ?? call.draft.view.model.uuid } };
  },
});

export const relationGet = defineTool({
  purpose: 'Get relation settings.',
  formats: SMART,
  flags: { relation: relationFlag, app: { kind: 'switch' } },
  run(call) {
    const relation = relationOf(call);
    const [key = '-', subject, ...rest] = call.args;
    const target = subject === undefined ? defaultSubject(call) : givenSubject(call, subject);
    noMore(rest);
    const bag = target.app
      ? appBag(call.draft, relation, target.name)
      : unitBag(call.draft, relation, target.name);
    return { value: key === '-' || key === '' ? bag : lookup(bag, key) };
  },
});

interface Subject {
  readonly app: boolean;
  readonly name: string;
}

function givenSubject(call: Invocation<'app'>, name: string): Subject {
  if (call.has('app')) return { app: true, name: isUnit(name) ? applicationOf(name) : name };
  if (isUnit(name)) return { app: false, name };
  return isApplication(name)
    ? misused(`expected unit name, got application name ${quote(name)}`)
    : misused(`invalid unit name ${quote(name)}`);
}

function defaultSubject(call: Invocation<'app'>): Subject {
  const { remoteUnit, remoteApp } = call.draft.scope.relation ?? {};
  if (!call.has('app') && remoteUnit !== undefined) return { app: false, name: remoteUnit };
  if (remoteApp !== undefined) return { app: true, name: remoteApp };
  return misused('no unit or application specified');
}

function isPeer(draft: Draft, relation: RelationView): boolean {
  return relation.remoteApp === draft.view.app;
}

/** Own application's bag: the leader; in a peer relation every unit. Remote ones: every unit. */
function appBag(draft: Draft, relation: RelationView, app: string): Bag {
  if (!relation.entered) refuse('permission denied');
  if (app === draft.view.app) {
    if (!draft.view.leader && !isPeer(draft, relation)) refuse('permission denied');
    return draft.ownAppBag(relation);
  }
  return app === relation.remoteApp ? relation.remoteAppData : refuse('permission denied');
}

function unitBag(draft: Draft, relation: RelationView, unit: string): Bag {
  if (!relation.entered) refuse('permission denied');
  if (unit === draft.view.unit) return draft.ownUnitBag(relation);
  const bag = lookup(relation.remoteUnits, unit);
  if (bag !== undefined) return bag;
  if (applicationOf(unit) !== relation.remoteApp) refuse('permission denied');
  return refuse(
    `cannot read settings for unit ${quote(unit)} in relation "${relation.endpoint}:${relation.id}": settings not found`,
  );
}

export const relationSet = defineTool({
  purpose: 'Set relation settings.',
  flags: {
    relation: relationFlag,
    app: { kind: 'switch' },
    file: { kind: 'text' },
    format: { kind: 'text' },
  },
  run(call) {
    const relation = relationOf(call);
    const given = keyValues(call.args);
    const file = call.text('file');
    const settings = file === undefined ? given : { ...parseBag(call.readFile(file)), ...given };
    const side = call.has('app') ? 'app' : 'unit';
    if (side === 'app' && !call.draft.view.leader) refuse('cannot write relation settings');
    if (!relation.entered) {
      refuse(`cannot read relation ${side === 'app' ? 'application ' : ''}settings: permission denied`);
    }
    call.draft.setBag(relation, side, settings);
    return deprecatedFormat('relation-set', call.text('format'));
  },
});
