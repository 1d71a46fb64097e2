/** Applications that have joined the cluster of this one: who they are, and what they are told. */
import { createHash } from 'node:crypto';
import { type Juju, parseJson, type Relation, worst } from 'charmwright';
import * as z from 'zod/mini';
import type { KeyProblem } from '../../relations/bag.ts';
import {
  blockedApp,
  type Credentials,
  leaderApp,
  readMemberApp,
  readMemberUnit,
} from '../../relations/mimir-cluster.ts';
import { type Agreement, peerAddress } from '../../relations/peers.ts';
import type { Spec } from '../generated.ts';
import { answersAlone } from '../plan/cluster.ts';
import { copiesToTell } from '../plan/copies.ts';
import type { Inputs, NeighbourProblem } from '../plan/inputs.ts';
import type { Member, MemberUnit, UnitAddress } from '../plan/members.ts';
import { TENANT_LIMITS_FILE } from '../plan/paths.ts';
import { componentsOf, ROLES_ALLOWED, roleText } from '../plan/roles.ts';
import { toldToAll } from '../plan/told.ts';
import { isSilent } from '../silent.ts';
import { type Neighbour, problemsOf } from './neighbour.ts';

const ENDPOINT = 'mimir-cluster';
/** Of the secret, and of what this unit remembers of it. */
const SECRET = 'object-storage';

export const mimirCluster: Neighbour = {
  async observe(juju, relations) {
    const [read, ownUnits, silent] = await Promise.all([
      Promise.all(relations.map(readMember)),
      peerAddresses(juju),
      isSilent(juju),
    ]);
    return {
      neighbours: { members: read.map(({ member }) => member), ownUnits, ...(silent && { silent }) },
      problems: read.flatMap(({ problems }) => problems),
    };
  },

  async carryOut(juju, inputs, { shared, statuses }, relations) {
    if (!inputs.leader) return;
    if (shared === undefined) {
      // What only time can bring is no news.
      if (worst(statuses)?.name === 'blocked') await tellBlocked(relations, inputs.agreement?.clusterTurn);
      return;
    }
    const { credentials } = shared;
    const secret = credentials === undefined ? undefined : await share(juju, credentials, relations);
    const tenantLimits = await limitsToTell(inputs);
    const words = { secret, turn: inputs.agreement?.clusterTurn, answersAlone: answersAlone(inputs) };
    const configuration = {
      ...toldToAll(inputs, shared),
      copies: copiesToTell(inputs),
      ...(tenantLimits !== undefined && { tenantLimits }),
    };
    for (const { relation: name, roles } of inputs.neighbours.members ?? []) {
      const relation = relations.find((each) => each.name === name);
      await relation?.publishApp(leaderApp({ ...configuration, role: roleText(roles) }, words));
    }
  },

  async forget(juju) {
    if ((await juju.relations(ENDPOINT)).length > 0 || !(await juju.isLeader())) return;
    juju.store(SECRET, undefined);
    const known = await juju.secrets.owned(SECRET);
    if (known !== undefined) await juju.secrets.remove(known.id);
  },
};

async function tellBlocked(relations: readonly Relation[], turn: Agreement['clusterTurn']): Promise<void> {
  for (const relation of relations)
    await relation.publishApp(blockedApp(await relation.localAppData(), turn));
}

/** Those in use here: while something is wrong with the wanted ones, that is what was last good. */
async function limitsToTell({ tenantLimits, container }: Inputs): Promise<string | undefined> {
  const inUse = container.files?.[TENANT_LIMITS_FILE];
  const content = tenantLimits?.kind === 'fine' ? tenantLimits.content : tenantLimits && inUse;
  if (content === undefined) return undefined;
  const [{ limitsIn }, { recordOf }, { checkTenantLimits }] = await Promise.all([
    import('../tenant-limits/render.ts'),
    import('../tenant-limits/record.ts'),
    import('../tenant-limits/limits.ts'),
  ]);
  const tenants = Object.fromEntries(
    limitsIn(content).map(([tenant, limits]) => [tenant, parseJson(limits)]),
  );
  const checked = checkTenantLimits(tenants);
  return checked.ok ? recordOf(checked.value) : undefined;
}

async function readMember(
  relation: Relation,
): Promise<{ readonly member: Member; readonly problems: readonly NeighbourProblem[] }> {
  const [bag, names] = await Promise.all([relation.remoteAppData(), relation.units()]);
  const units = await Promise.all(
    names.map(async (unit) => ({ unit, ...readMemberUnit(await relation.remoteUnitData(unit)) })),
  );
  const { said, problems } = readMemberApp(bag);
  const roles = said.role === undefined ? [] : componentsOf(said.role);
  const member: Member = {
    relation: relation.name,
    app: relation.remoteApp,
    roles: roles ?? [],
    plannedUnits: said.plannedUnits ?? 0,
    ...(said.endpoints !== undefined && { endpoints: said.endpoints }),
    ...(said.requests !== undefined && { requests: said.requests }),
    units: units.flatMap(({ unit, said: { host, ip, runs, ...more } }): readonly MemberUnit[] => {
      const components = componentsOf(runs ?? '');
      return host === undefined
        ? []
        : [{ unit, host, ip, ...more, ...(components !== undefined && { runs: components }) }];
    }),
  };
  const unknown: readonly KeyProblem[] =
    roles === undefined ? [{ key: 'role', problem: `must be ${ROLES_ALLOWED}` }] : [];
  const all = [...problems, ...unknown, ...units.flatMap((unit) => unit.problems)];
  return { member, problems: problemsOf(relation, all) };
}

async function peerAddresses(juju: Juju<Spec>): Promise<readonly UnitAddress[]> {
  const peers: Relation | undefined = await juju.relation('mimir-peers');
  if (peers === undefined) return [];
  const units = await peers.units();
  const found = await Promise.all(
    units.map(async (unit) => ({ unit, at: peerAddress(await peers.remoteUnitData(unit)) })),
  );
  return found.flatMap(({ unit, at }) => (at === undefined ? [] : [{ unit, ...at }]));
}

const sharedShape = z.object({
  uri: z.string(),
  digest: z.string(),
  /** Ids of the relations that it is granted to. */
  granted: z.array(z.number()),
});

/** Each question about a secret is a process, so what was done is remembered while this unit leads. */
async function share(
  juju: Juju<Spec>,
  credentials: Credentials,
  relations: readonly Relation[],
): Promise<string> {
  const digest = createHash('sha256').update(JSON.stringify(credentials)).digest('hex');
  const stored = juju.event.kind === 'leader-elected' ? undefined : juju.stored(SECRET, sharedShape);
  const known = stored?.digest === digest ? stored : undefined;
  const uri =
    known?.uri ??
    (await juju.secrets.put('application', SECRET, credentials, {
      description: 'Keys of object storage, for the applications of this cluster.',
    }));
  const before = stored?.uri === uri ? stored.granted : [];
  for (const { id } of relations)
    if (!before.includes(id)) await juju.secrets.grant(uri, { endpoint: ENDPOINT, id });
  juju.store(SECRET, { uri, digest, granted: relations.map(({ id }) => id) });
  return uri;
}
