/** Whose turn it is to restart: asks in the databags of the peers, and looks at the Mimirs of all before one goes. */
import type { Bag, Juju, JujuEvent, Relation } from 'charmwright';
import { unitRequests } from '../relations/peer-requests.ts';
import { type Agreement, type Requests, readAgreement, type Turn, unitHost } from '../relations/peers.ts';
import type { Spec } from './generated.ts';
import type { MimirApi } from './mimir-api.ts';
import { MimirError } from './mimir-errors.ts';
import { within } from './patience.ts';
import { ownRoles } from './plan/cluster.ts';
import { concernsClusterTurns, isInCluster } from './plan/cluster-turns.ts';
import { clusterWord, otherWithTurn } from './plan/cluster-word.ts';
import type { Inputs, WaitsFor } from './plan/inputs.ts';
import { nextTurn } from './plan/next-turn.ts';
import type { Plan } from './plan/plan.ts';
import { isOpen, withRequest } from './plan/requests.ts';
import { runningComponents } from './plan/running.ts';
import { hasTurn, isStopped, wantsTurn } from './plan/turns.ts';
import { runningMimirAt } from './running-mimir.ts';
import { wakeLater } from './wake.ts';

/** A unit that is this slow still serves. */
const SLOWEST_ANSWER_MS = 10_000;
/** What a unit that has just become ready may need until all know of it. */
const PATIENCE_MS = 10_000;

type Bags = ReadonlyMap<string, Bag>;

/** The inputs with whom this unit waits for, and as leader with whose turn it is. */
export async function takeTurns(
  juju: Juju<Spec>,
  event: JujuEvent<Spec>,
  inputs: Inputs,
  planned: Plan,
): Promise<Inputs> {
  const peers: Relation | undefined = await juju.relation('mimir-peers');
  if (peers === undefined) return inputs;
  const units = inputs.otherUnits;
  const wants =
    (units.length > 0 || isInCluster(inputs)) &&
    wantsTurn(inputs, planned) &&
    (isStopped(inputs) || (await serves(inputs)));
  const requests = wants ? withRequest(inputs.requests) : inputs.requests;
  // What another leader has said meanwhile may not have been told to this unit yet.
  const held = readAgreement(await peers.localAppData()).turn;
  // Else all of the application end, or begin, and there are others that serve.
  const looksAround = planned.workload.kind === 'run' && !isStopped(inputs);
  if (!inputs.leader) {
    // A request counts from when the others can see it.
    const mine = hasTurn(held, inputs.unit, inputs.requests);
    const waitsFor = wants
      ? await obstacle(inputs, { turn: held, mine, looksAround }, () => bagsOf(peers, units))
      : undefined;
    return { ...inputs, requests, ...(waitsFor !== undefined && { waitsFor }) };
  }
  if (
    held === undefined &&
    !isOpen(requests) &&
    !concernsClusterTurns(inputs) &&
    !(await asksNow(event, peers))
  )
    return inputs;
  const bags = await bagsOf(peers, units);
  const requestsOfOthers = requestsIn(bags);
  const asking = { ...requestsOfOthers, [inputs.unit]: requests };
  const { mayRestart, ...word } = clusterWord(inputs, Object.values(asking).some(isOpen));
  // A unit that has begun comes to its end, also when its application joins a cluster meanwhile.
  const turn = mayRestart ? nextTurn(held, asking) : held;
  const mine = hasTurn(turn, inputs.unit, requests);
  const agreement = { ...inputs.agreement, turn, ...word };
  const waitsFor = wants
    ? await obstacle(
        { ...inputs, agreement },
        { turn: mayRestart ? turn : undefined, mine, looksAround },
        async () => bags,
      )
    : undefined;
  return { ...inputs, requests, requestsOfOthers, agreement, ...(waitsFor !== undefined && { waitsFor }) };
}

/** Most events of peers are no reason to read what all of them say. */
async function asksNow(event: JujuEvent<Spec>, peers: Relation): Promise<boolean> {
  if (event.kind === 'leader-elected') return true;
  if (event.kind !== 'relation-changed' || event.relationId !== peers.id || event.remoteUnit === undefined)
    return false;
  return isOpen(unitRequests(await peers.remoteUnitData(event.remoteUnit)));
}

async function bagsOf(peers: Relation, units: readonly string[]): Promise<Bags> {
  return new Map(
    await Promise.all(units.map(async (unit) => [unit, await peers.remoteUnitData(unit)] as const)),
  );
}

function requestsIn(bags: Bags): Readonly<Record<string, Requests>> {
  const each = [...bags].flatMap(([unit, bag]) => {
    const requests = unitRequests(bag);
    return requests === undefined ? [] : [[unit, requests] as const];
  });
  return Object.fromEntries(each);
}

interface Asked {
  readonly turn: Turn | undefined;
  readonly mine: boolean;
  readonly looksAround: boolean;
}

/** What keeps this unit from its restart, its end, or its start. */
async function obstacle(
  inputs: Inputs,
  { turn, mine, looksAround }: Asked,
  bags: () => Promise<Bags>,
): Promise<WaitsFor | undefined> {
  if (mine && !looksAround) return undefined;
  if (mine) {
    const others = await bags();
    return within(
      PATIENCE_MS,
      () => absent(inputs, others),
      (found) => found === undefined,
    );
  }
  const isOther = turn !== undefined && turn.unit !== inputs.unit;
  const after = otherWithTurn(inputs) ?? (isOther ? turn.unit : undefined);
  return { kind: 'turn', ...(after !== undefined && { after }) };
}

/** Who is not there to serve while this unit restarts: all others must answer, and all must be in the ring. */
async function absent(inputs: Inputs, others: Bags): Promise<WaitsFor | undefined> {
  const answers = await Promise.all([...others.values()].map((bag) => answersAt(inputs, unitHost(bag))));
  const silent = [...others.keys()].find((_, at) => answers[at] !== true);
  if (silent !== undefined) return { kind: 'unit', unit: silent };
  // Where ingesters come or go there are not as many as units.
  const stays = [ownRoles(inputs), runningComponents(inputs)].every((roles) => roles.includes('ingester'));
  if (!stays) return undefined;
  const units = others.size + 1;
  const active = await activeIngesters(runningMimirAt(inputs, inputs.address.ip ?? ''));
  return active < units ? { kind: 'ring', active, units } : undefined;
}

async function serves(inputs: Inputs): Promise<boolean> {
  return answersAt(inputs, inputs.address.ip);
}

async function answersAt(inputs: Inputs, host: string | undefined): Promise<boolean> {
  return host !== undefined && (await runningMimirAt(inputs, host).ready(SLOWEST_ANSWER_MS)).ready;
}

async function activeIngesters(api: MimirApi): Promise<number> {
  const metric = 'cortex_ring_members';
  try {
    const samples = await api.metrics([metric]);
    const active = samples.find(({ labels }) => labels.name === 'ingester' && labels.state === 'ACTIVE');
    return active?.value ?? 0;
  } catch (error) {
    if (error instanceof MimirError) return 0;
    throw error;
  }
}

/** @returns whose turn comes after this unit's, which is over. */
export async function passOn(
  juju: Juju<Spec>,
  { leader, unit, requests, requestsOfOthers }: Inputs,
  { turn, clusterRequests }: Agreement,
): Promise<Turn | undefined> {
  const next = nextTurn(turn, { ...requestsOfOthers, [unit]: requests });
  // It was the last of its application, which nobody else tells its leader.
  if (leader && next === undefined && isOpen(clusterRequests)) await wakeLater(juju);
  return next;
}
