/**
 * How a query finds a scheduler, by which a query frontend gives it to a querier.
 *
 * A whole Mimir answers in the unit that was asked: frontend, scheduler and querier of its process find each other by
 * themselves (Mimir's own wiring of `all`). Schedulers in a ring spread queries over all units, which applications with some
 * of the components need, and costs a sixth more changes of context for each query (docs/reference/load.md).
 */
import type { Settings } from '../../relations/mimir-cluster.ts';
import { leadsCluster, needsSchedulers } from './cluster.ts';
import type { Inputs } from './inputs.ts';
import { isSettings } from './mimir-config.ts';
import { isOpen } from './requests.ts';
import { COMPONENTS } from './roles.ts';
import { runsInRing } from './running.ts';
import { componentsToRun, type Wanted } from './wanted.ts';

/** What this application's own units do of it: those that have joined it always look in the ring. */
export function withOwnSchedulers(inputs: Inputs, wanted: Wanted): Wanted {
  return looksInRing(inputs, wanted) ? wanted : { ...wanted, config: outOfRing(wanted.config) };
}

function looksInRing(inputs: Inputs, wanted: Wanted): boolean {
  // One that is to give roles away is whole for as long as it runs them all.
  if (componentsToRun(inputs, wanted).length < COMPONENTS.length) return true;
  if (!leadsCluster(inputs)) return false;
  // Once there they stay while anybody is joined: to leave the ring is no reason for a restart.
  if (runsInRing(inputs)) return true;
  // Applications come and go together, though in hooks of their own: what is so for moments restarts nobody.
  const isStarted = inputs.container.lastGood !== undefined;
  const mayRestart = inputs.isUpdateStatus === true || isOpen(inputs.requests);
  return (!isStarted || mayRestart) && needsSchedulers(inputs);
}

function outOfRing(config: Settings): Settings {
  const { query_scheduler: scheduler, ...others } = config;
  if (scheduler === undefined || !isSettings(scheduler)) return config;
  const { service_discovery_mode: _, ...client } = scheduler;
  return Object.keys(client).length === 0 ? others : { ...config, query_scheduler: client };
}
