/**
 * Mimirs are restarted one after the other: a unit asks in its databag, and the leader names the one whose turn it is,
 * until that one says that its Mimir serves again.
 */
import type { JujuEvent } from 'charmwright';
import type { Requests, Turn } from '../../relations/peers.ts';
import type { Spec } from '../generated.ts';
import { concernsClusterTurns, isInCluster } from './cluster-turns.ts';
import { layoutIn } from './copies.ts';
import type { Inputs } from './inputs.ts';
import { CONFIG_FILE, SERVICE, TARGET_FILE, UNITS_CA_FILE } from './paths.ts';
import type { Plan } from './plan.ts';
import { isOpen } from './requests.ts';
import { runningComponents } from './running.ts';

/** Under this name a unit remembers its requests. */
export const REQUESTS = 'restart';
/** And under this for which number of copies it is ready. */
export const FLUSHED_FOR = 'flushed-for';
/** And under this for which its ingester is to take no writes. */
export const WRITES_HELD = 'writes-held';

/**
 * Whether Mimir is to be started anew on other files, or stopped for good, and may wait for it. TLS between units and
 * another number of copies come to all at once.
 */
export function wantsTurn(
  { container }: Pick<Inputs, 'container'>,
  planned: Pick<Plan, 'workload'>,
): boolean {
  const { lastGood, files = {} } = container;
  const { workload } = planned;
  // Those who read blocks lose one of those that serve them at a time, and others take its place.
  if (workload.kind === 'stop') return runningComponents({ container }).length > 0;
  if (workload.kind !== 'run') return false;
  if (isStopped({ container })) return true;
  if (lastGood === undefined) return false;
  const digest = workload.layer.services[SERVICE].environment.MIMIR_CONFIG_DIGEST;
  const config = workload.files.find(({ path }) => path === CONFIG_FILE)?.content;
  if (layoutIn(config) !== layoutIn(files[CONFIG_FILE])) return false;
  const trusted = workload.files.find(({ path }) => path === UNITS_CA_FILE)?.content;
  return digest !== lastGood && (trusted ?? '') === (files[UNITS_CA_FILE] ?? '');
}

/**
 * Its application had no role. Its pods serve as gateways, and are not ready while a Mimir starts: not all at one time.
 */
export function isStopped({ container }: Pick<Inputs, 'container'>): boolean {
  return container.files?.[TARGET_FILE] === '';
}

/** Whether anything of turns may have to be decided or ended in this dispatch; most have nothing to do with them. */
export function concernsTurns(event: JujuEvent<Spec>, inputs: Inputs, planned: Plan): boolean {
  const isAlone = inputs.otherUnits.length === 0 && !isInCluster(inputs);
  if (isAlone && inputs.agreement?.turn === undefined) return false;
  if (isOpen(inputs.requests) || wantsTurn(inputs, planned)) return true;
  if (!inputs.leader) return false;
  if (concernsClusterTurns(inputs)) return true;
  const fromPeers = 'endpoint' in event && event.endpoint === 'mimir-peers';
  return inputs.agreement?.turn !== undefined || event.kind === 'leader-elected' || fromPeers;
}

export function hasTurn(turn: Turn | undefined, unit: string, requests: Requests | undefined): boolean {
  return isOpen(requests) && turn?.unit === unit && turn.request === requests.asked;
}
