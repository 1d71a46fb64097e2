/** The next hook of one relation for one unit, as a pure function. The order is Juju's relation resolver's. */
import { appOf } from '../model/lookup.ts';
import type { Relation, RelationHook, RelationSeen } from '../model/state.ts';

export interface RelationContext {
  readonly unit: string;
  readonly endpoint: string;
  readonly remoteApp: string;
  readonly peer: boolean;
  /** The unit is going: every relation of it ends. */
  readonly unitDying: boolean;
}

/** `leave`: a dying unit has seen its peers off, and leaves the relation without a hook. */
export type RelationStep = RelationHook | 'leave' | undefined;

export function nextRelationStep(
  seen: RelationSeen,
  relation: Relation,
  context: RelationContext,
): RelationStep {
  const { unit, endpoint, remoteApp, peer, unitDying } = context;
  const base = { endpoint, relationId: relation.id, remoteApp };
  const ending = unitDying || relation.life !== 'alive';
  const members = ending ? [] : membersOf(relation, unit, remoteApp);

  const due = seen.changedDue;
  if (due !== undefined && members.includes(due))
    return { kind: 'relation-changed', ...base, remoteUnit: due };

  const vanished = Object.keys(seen.members).filter((member) => !members.includes(member));
  const [gone] = vanished.sort();
  if (gone !== undefined)
    return {
      kind: 'relation-departed',
      ...base,
      remoteUnit: gone,
      departingUnit: unitDying ? unit : gone,
    };

  if (ending) {
    if (peer) return relation.units[unit]?.inScope === true ? 'leave' : undefined;
    return seen.broken ? undefined : { kind: 'relation-broken', ...base };
  }

  const appVersion = relation.apps[remoteApp]?.version ?? 0;
  if (appVersion > (seen.apps[remoteApp] ?? 0)) return { kind: 'relation-changed', ...base };

  const joining = members.find((member) => seen.members[member] === undefined);
  if (joining !== undefined) return { kind: 'relation-joined', ...base, remoteUnit: joining };

  const changed = members.find(
    (member) => (relation.units[member]?.version ?? 0) > (seen.members[member] ?? 0),
  );
  if (changed !== undefined) return { kind: 'relation-changed', ...base, remoteUnit: changed };
  return undefined;
}

/** The other units in scope, sorted. */
function membersOf(relation: Relation, unit: string, remoteApp: string): string[] {
  return Object.keys(relation.units)
    .filter((name) => name !== unit && appOf(name) === remoteApp && relation.units[name]?.inScope === true)
    .sort();
}
