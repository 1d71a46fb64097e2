/** The one way of every event: look, decide, make it so. */
import { type Juju, type JujuEvent, type Status, worst } from 'charmwright';
import * as z from 'zod/mini';
import { apply } from './apply.ts';
import { DRAIN_NOTICE, GONE, isDrainedByHand, isToEndIngester, LEFT } from './drain/marks.ts';
import type { Spec } from './generated.ts';
import { applyKubernetes, passReadyGate } from './kubernetes.ts';
import { publishNeighbours, related } from './neighbours/index.ts';
import { observe } from './observe.ts';
import { copiesToCome, withAgreed } from './plan/copies.ts';
import { GATEWAY_CONTAINER, GATEWAY_KEY } from './plan/gateway-parts.ts';
import type { Inputs } from './plan/inputs.ts';
import { READY_CHECK } from './plan/layer.ts';
import { endsIngester, type Plan, plan, withAgreement } from './plan/plan.ts';
import { runningComponents } from './plan/running.ts';
import { concernsTurns } from './plan/turns.ts';

export async function reconcile(juju: Juju<Spec>, event: JujuEvent<Spec>): Promise<void> {
  // Also what cannot leave yet must not hold up a refresh, which may be what helps.
  if (event.kind === 'storage-detaching') await passReadyGate(juju);
  if (event.kind === 'remove' || (await leaves(juju, event))) return;
  // The pod is replaced, and Kubernetes stops Mimir; a change now would only be in the way.
  if (event.kind === 'stop') return;
  const all = await related(juju);
  const observed = await observe(juju, all);
  const planner = await plannerFor(observed);
  const [ready, comes] = await prepareCopies(juju, observed);
  const agreed = withAgreement(ready, planner);
  const first = planner(agreed);
  const ending = await keepIngester(juju, agreed, first);
  const wanted = ending.inputs === agreed ? first : planner(ending.inputs);
  const inputs = concernsTurns(event, ending.inputs, wanted)
    ? await (await import('./turns.ts')).takeTurns(juju, event, ending.inputs, wanted)
    : ending.inputs;
  const turned = inputs === ending.inputs ? wanted : planner(inputs);
  const planned = { ...turned, statuses: [...ending.statuses, ...turned.statuses] };
  await publishNeighbours(juju, inputs, toTell(inputs, planned, planner), all);
  const gateway = await applyGatewayIfAny(juju, event, inputs, planned);
  const seen = [
    ...comes,
    ...(inputs.zones?.rings === undefined ? [] : (await import('./ring-zones.ts')).zoneStatuses(inputs)),
    ...(await apply(juju, inputs, planned)),
    ...(await afterDrains(juju, event, inputs)),
    ...(await resumeWritesIfHeld(juju, inputs)),
    ...(await applyKubernetes(juju, inputs)),
    ...(inputs.container.reachable ? await passReadyGate(juju) : []),
  ];
  const statuses = withOutage(planned, seen);
  // What is only good to know stands behind all else.
  const isGood = ({ name }: Status) => name === 'active';
  juju.addStatus(
    ...statuses.filter((status) => !isGood(status)),
    ...seen,
    ...gateway,
    ...statuses.filter(isGood),
  );
}

/** Those who have joined hear of another number of copies when the peers do. */
function toTell(inputs: Inputs, planned: Plan, planner: (inputs: Inputs) => Plan): Plan {
  if (inputs.agreed?.replicationFactor === undefined) return planned;
  const { shared } = planner(withAgreed(inputs));
  return shared === undefined ? planned : { ...planned, shared };
}

/** Most of the time no other number of copies is to come. */
async function prepareCopies(
  juju: Juju<Spec>,
  inputs: Inputs,
): Promise<readonly [Inputs, readonly Status[]]> {
  const copies = copiesToCome(inputs);
  if (copies !== undefined) return (await import('./copies.ts')).prepareCopies(juju, inputs, copies);
  const { agreement, flushedFor, leader, neighbours } = inputs;
  const ready = flushedFor === undefined ? inputs : { ...inputs, flushedFor: undefined };
  const isHeld = leader && neighbours.joined === undefined && agreement?.holdWrites !== undefined;
  return isHeld ? (await import('./resume-writes.ts')).endHold(juju, ready) : [ready, []];
}

/** While a number is to come, ingesters stay as they are. */
async function resumeWritesIfHeld(juju: Juju<Spec>, inputs: Inputs): Promise<readonly Status[]> {
  if (inputs.writesHeld === undefined || copiesToCome(inputs) !== undefined) return [];
  return (await import('./resume-writes.ts')).resumeWrites(juju, inputs);
}

/** Loaded only where there is one, or was one until now, or the image of a new container may wait for one. */
async function applyGatewayIfAny(
  juju: Juju<Spec>,
  event: JujuEvent<Spec>,
  inputs: Inputs,
  { gateway: isWanted }: Plan,
): Promise<readonly Status[]> {
  const isNew = event.kind === 'pebble-ready' && event.container === GATEWAY_CONTAINER;
  if (!isWanted && !isNew && juju.stored(GATEWAY_KEY, z.boolean()) !== true) return [];
  if (isWanted) return (await import('./gateway.ts')).applyGateway(juju, inputs);
  await (await import('./gateway-down.ts')).takeDownGateway(juju);
  return [];
}

/** Whether this unit is on its way out for good, and has done what it owes for that. */
async function leaves(juju: Juju<Spec>, event: JujuEvent<Spec>): Promise<boolean> {
  const mayBe =
    event.kind === 'storage-detaching' ||
    event.kind === 'stop' ||
    juju.stored(LEFT, z.string()) !== undefined;
  return mayBe && (await import('./drain/leave.ts')).leave(juju, event, () => related(juju));
}

/** What units leave behind that went or were drained. */
async function afterDrains(
  juju: Juju<Spec>,
  event: JujuEvent<Spec>,
  inputs: Inputs,
): Promise<readonly Status[]> {
  const departed = event.kind === 'relation-departed' && event.endpoint === 'mimir-peers';
  const looksAgain = event.kind === 'update-status' && juju.stored(GONE, z.array(z.string())) !== undefined;
  if (departed || looksAgain) await (await import('./drain/gone.ts')).forgetGone(juju, event, inputs);
  if (isDrainedByHand(juju)) return [await (await import('./drain/by-hand.ts')).stayDrained(juju, inputs)];
  const isKnown = inputs.writesHeld !== undefined || isToEndIngester(juju);
  if (!isKnown && mayHaveLeftOver(event))
    await (await import('./drain/by-hand.ts')).undoLeftOver(juju, inputs);
  return [];
}

/** Mimir serves anew, or an action has begun to drain. */
function mayHaveLeftOver(event: JujuEvent<Spec>): boolean {
  if (event.kind === 'pebble-custom-notice') return event.notice.key === DRAIN_NOTICE;
  return event.kind === 'pebble-check-recovered' && event.check === READY_CHECK;
}

/** While an ingester is to end that is not yet empty, the unit goes on with it. */
async function keepIngester(
  juju: Juju<Spec>,
  inputs: Inputs,
  wanted: Plan,
): Promise<{ readonly inputs: Inputs; readonly statuses: readonly Status[] }> {
  const ends = endsIngester(inputs, wanted);
  const isBack = isToEndIngester(juju) && runningComponents(inputs).includes('ingester');
  if (!ends && !isBack) return { inputs, statuses: [] };
  const { endIngester, resumeIngester } = await import('./drain/role.ts');
  const waits = ends ? await endIngester(juju, inputs) : await resumeIngester(juju, inputs);
  return waits === undefined
    ? { inputs, statuses: [] }
    : { inputs: { ...inputs, held: runningComponents(inputs) }, statuses: [waits] };
}

/** Most applications have not joined another's cluster, and need not know how that is. */
async function plannerFor({ neighbours: { joined } }: Inputs): Promise<(inputs: Inputs) => Plan> {
  if (joined === undefined) return plan;
  const { planJoined } = await import('./plan/joined.ts');
  return (inputs) => planJoined(inputs, joined);
}

/**
 * The last good configuration stays in use while something is wrong with the wanted one; when it does not serve
 * either, the one status that is shown must say both.
 */
function withOutage(planned: Plan, seen: readonly Status[]): readonly Status[] {
  const outage = worst(seen);
  const shown = worst(planned.statuses);
  if (planned.workload.kind !== 'keep' || outage?.name !== 'blocked' || shown === undefined)
    return planned.statuses;
  const both = { ...shown, message: `${shown.message}; Mimir does not serve: ${outage.message}` };
  return planned.statuses.map((status) => (status === shown ? both : status));
}
