/** secret-add, -set, -get, -info-get, -ids, -grant, -revoke, -remove. */
import { applicationOf, isApplication, isUnit } from './names.ts';
import { misused, quote, refuse } from './refusal.ts';
import {
  contentValue,
  parseContent,
  parseExpiry,
  parseSecretUri,
  type SecretUri,
  shownContent,
} from './secret-content.ts';
import type { SecretAttributes } from './secret-draft.ts';
import { NOT_LEADER } from './status.ts';
import { defineTool, type Invocation, noMore, SMART, YAML } from './tool.ts';
import type { Bag, RelationView, RotatePolicy, SecretGrant, SecretView, UnitView } from './view.ts';

const ROTATE: readonly RotatePolicy[] = [
  'never',
  'hourly',
  'daily',
  'weekly',
  'monthly',
  'quarterly',
  'yearly',
];

const UPSERT = {
  label: { kind: 'text' },
  description: { kind: 'text' },
  rotate: { kind: 'text' },
  expire: { kind: 'text' },
  owner: { kind: 'text' },
  file: { kind: 'text' },
} as const;

interface Upsert {
  readonly owner: 'application' | 'unit';
  readonly content: Bag;
  readonly attributes: SecretAttributes;
}

function parseUpsert(call: Invocation<keyof typeof UPSERT>, pairs: readonly string[]): Upsert {
  const expire = call.text('expire') || undefined;
  const expireTime = expire === undefined ? undefined : parseExpiry(expire, call.draft.host.now());
  const rotate = call.text('rotate') || undefined;
  const policy = ROTATE.find((each) => each === rotate);
  if (rotate !== undefined && policy === undefined) misused(`rotate policy ${quote(rotate)} not valid`);
  const owner = call.text('owner') ?? 'application';
  if (owner !== 'application' && owner !== 'unit') misused(`secret owner ${quote(owner)} not valid`);
  const [label, description] = [call.text('label') || undefined, call.text('description') || undefined];
  return {
    owner,
    content: parseContent(pairs, call.text('file'), call.readBytes),
    attributes: {
      ...(label === undefined ? {} : { label }),
      ...(description === undefined ? {} : { description }),
      ...(policy === undefined ? {} : { rotate: policy }),
      ...(expireTime === undefined ? {} : { expire: expireTime }),
    },
  };
}

export const secretAdd = defineTool({
  purpose: 'Add a new secret.',
  flags: UPSERT,
  run(call) {
    const { draft, args } = call;
    if (args.length === 0 && (call.text('file') ?? '') === '') misused('missing secret value or filename');
    const { owner, content, attributes } = parseUpsert(call, args);
    if (Object.keys(content).length === 0) refuse('empty secret value not valid');
    if (owner === 'application' && !draft.view.leader) refuse(NOT_LEADER);
    return { text: `secret:${draft.secrets.create(owner, content, attributes)}\n` };
  },
});

export const secretSet = defineTool({
  purpose: 'Update an existing secret.',
  flags: UPSERT,
  run(call) {
    const { id } = neededUri(call.args);
    const { content, attributes } = parseUpsert(call, call.args.slice(1));
    call.draft.secrets.mustManage(id);
    call.draft.secrets.update(id, Object.keys(content).length === 0 ? undefined : content, attributes);
    return undefined;
  },
});

function neededUri(args: readonly string[]): SecretUri {
  const [given] = args;
  if (given === undefined) misused('missing secret URI');
  return validUri(given);
}

function validUri(text: string): SecretUri {
  return parseSecretUri(text) ?? misused(`secret URI ${quote(text)} not valid`);
}

export const secretGet = defineTool({
  purpose: 'Get the content of a secret.',
  formats: YAML,
  flags: { label: { kind: 'text' }, peek: { kind: 'switch' }, refresh: { kind: 'switch' } },
  run({ draft, args, has, text }) {
    const [given, key, ...rest] = args;
    const uri = given === undefined ? undefined : validUri(given);
    const label = text('label') || undefined;
    if (uri === undefined && label === undefined) misused('require either a secret URI or label');
    if (has('peek') && has('refresh')) misused('specify one of --peek or --refresh but not both');
    noMore(rest);
    const mode = has('peek') ? 'peek' : has('refresh') ? 'refresh' : 'tracked';
    const content = draft.secrets.read(uri?.id, label, mode);
    return { value: key === undefined ? shownContent(content) : contentValue(content, key) };
  },
});

export const secretInfoGet = defineTool({
  purpose: "Get a secret's metadata info.",
  formats: YAML,
  flags: { label: { kind: 'text' } },
  run({ draft, args, text }) {
    const [given, ...rest] = args;
    const uri = given === undefined ? undefined : validUri(given);
    const label = text('label') || undefined;
    if (uri === undefined && label === undefined) misused('require either a secret URI or label');
    if (uri !== undefined && label !== undefined)
      misused('specify either a secret URI or label but not both');
    noMore(rest);
    const found = draft.secrets
      .managed()
      .find((secret) => (uri === undefined ? secret.label === label : secret.id === uri.id));
    if (found === undefined) refuse(`secret ${quote(uri?.id ?? label ?? '')} not found`);
    return { value: { [found.id]: metadata(draft.view, found) } };
  },
});

function metadata(view: UnitView, secret: SecretView): Record<string, unknown> {
  const access = secret.grants.flatMap((grant) => accessOf(view, grant));
  return {
    revision: secret.revisions.at(-1)?.revision,
    label: secret.label ?? '',
    owner: secret.owner,
    description: secret.description || undefined,
    rotation: secret.rotate ?? 'never',
    expiry: secret.expire,
    access: access.length === 0 ? undefined : access,
  };
}

/** Targets and scopes are Juju's tags: `application-grafana`, `unit-grafana-0`, `relation-a.x#b.y`. */
function accessOf(view: UnitView, grant: SecretGrant): { target: string; scope: string; role: string }[] {
  const relation = view.relations.find(({ id }) => id === grant.relationId);
  if (relation === undefined) return [];
  const target =
    grant.unit === undefined ? `application-${relation.remoteApp}` : `unit-${grant.unit.replace('/', '-')}`;
  return [{ target, scope: relationTag(view, relation), role: 'view' }];
}

function relationTag(view: UnitView, relation: RelationView): string {
  const own = `${view.app}.${relation.endpoint}`;
  if (relation.remoteApp === view.app) return `relation-${own}`;
  return `relation-${own}#${relation.remoteApp}.${relation.remoteEndpoint ?? relation.endpoint}`;
}

/** Bare ids; null, not an empty list, when there are none. */
export const secretIds = defineTool({
  purpose: 'Print secret IDs.',
  formats: SMART,
  run({ draft, args }) {
    noMore(args);
    const ids = draft.secrets.managed().map(({ id }) => id);
    return { value: ids.length === 0 ? null : ids.sort() };
  },
});

const RELATION = { kind: 'relation', also: ['r'] } as const;

export const secretGrant = defineTool({
  purpose: 'Grant access to a secret.',
  flags: { relation: RELATION, unit: { kind: 'text' } },
  run({ draft, args, number, text }) {
    const { id } = neededUri(args);
    const relationId = number('relation') ?? draft.scope.relation?.id;
    if (relationId === undefined) misused('no relation id specified');
    const relation = draft.relation(relationId);
    const unit = text('unit') || undefined;
    if (unit !== undefined && !isUnit(unit)) misused(`unit ${quote(unit)} not valid`);
    if (unit !== undefined && applicationOf(unit) !== relation.remoteApp) {
      misused(`cannot specify unit ${quote(unit)} in relation to application ${quote(relation.remoteApp)}`);
    }
    noMore(args.slice(1));
    draft.secrets.mustManage(id);
    const grants = draft.secrets.grants(id);
    const here = grants.filter((grant) => grant.relationId === relationId);
    if (here.some((grant) => grant.unit === undefined || grant.unit === unit)) return undefined;
    if (unit === undefined && here.length > 0) {
      refuse(
        'any unit level grants need to be revoked before granting access to the corresponding application',
      );
    }
    draft.secrets.setGrants(id, [...grants, unit === undefined ? { relationId } : { relationId, unit }]);
    return undefined;
  },
});

export const secretRevoke = defineTool({
  purpose: 'Revoke access to a secret.',
  flags: { relation: RELATION, app: { kind: 'text', also: ['application'] }, unit: { kind: 'text' } },
  run({ draft, args, number, text }) {
    const { id } = neededUri(args);
    const [app, unit] = [text('app') || undefined, text('unit') || undefined];
    if (app !== undefined && !isApplication(app)) misused(`application ${quote(app)} not valid`);
    if (unit !== undefined && !isUnit(unit)) misused(`unit ${quote(unit)} not valid`);
    if (app !== undefined && unit !== undefined) misused('specify only one of application or unit');
    const relationId = number('relation') ?? draft.scope.relation?.id;
    if (relationId !== undefined && app !== undefined) misused('do not specify both relation and app');
    if (relationId === undefined && app === undefined && unit === undefined) {
      misused('missing relation or application or unit');
    }
    noMore(args.slice(1));
    draft.secrets.mustManage(id);
    // Juju revokes by subject: a unit, else the application (named, or found by the relation).
    const target = app ?? (relationId === undefined ? undefined : draft.relation(relationId).remoteApp);
    const subject = (grant: SecretGrant): boolean =>
      unit === undefined
        ? grant.unit === undefined && draft.relation(grant.relationId).remoteApp === target
        : grant.unit === unit;
    draft.secrets.setGrants(
      id,
      draft.secrets.grants(id).filter((grant) => !subject(grant)),
    );
    return undefined;
  },
});

export const secretRemove = defineTool({
  purpose: 'Remove an existing secret.',
  flags: { revision: { kind: 'number' } },
  run({ draft, args, number }) {
    const { id } = neededUri(args);
    noMore(args.slice(1));
    const revision = number('revision') ?? 0;
    draft.secrets.mustManage(id);
    draft.secrets.remove(id, revision > 0 ? revision : undefined);
    return undefined;
  },
});
