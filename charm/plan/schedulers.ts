/**
 * How a query finds a scheduler, by which a query frontend gives it to a querier.
 *
 * A whole Mimir answers in the unit that was asked: frontend, scheduler and querier of its process find each other by
 * themselves (Mimir's own wiring of `all`). Schedulers in a ring spread queries over all units, which applications with some
 * of the components need, and costs a sixth more changes of context for each query (docs/reference/load.md).
 */
import type { Settings } from '../../relations/mimir-cluster.ts';
import { leadsCluster } from './cluster.ts';
import type { Inputs } from './inputs.ts';
import { isSettings } from './mimir-config.ts';
import { CONFIG_FILE } from './paths.ts';
import { isOpen } from './requests.ts';
import { COMPONENTS, type Component } from './roles.ts';
import type { Wanted } from './wanted.ts';

const IN_RING = '\n  service_discovery_mode: "ring"\n';

/** What this application's own units do of it: those that have joined it always look in the ring. */
export function withOwnSchedulers(inputs: Inputs, wanted: Wanted): Wanted {
  return looksInRing(inputs, wanted) ? wanted : { ...wanted, config: outOfRing(wanted.config) };
}

function looksInRing(inputs: Inputs, { components }: Wanted): boolean {
  // One that is to give roles away is whole for as long as it runs them all.
  if (COMPONENTS.some((each) => !components.includes(each) && inputs.held?.includes(each) !== true))
    return true;
  if (!leadsCluster(inputs)) return false;
  // Once there they stay while anybody is joined: to leave the ring is no reason for a restart.
  if (inputs.container.files?.[CONFIG_FILE]?.includes(IN_RING) === true) return true;
  // Applications come and go together, though in hooks of their own: what is so for moments restarts nobody.
  return (inputs.isUpdateStatus === true || isOpen(inputs.requests)) && areNeeded(inputs);
}

/** Whether others have queries, and have not all that these need. Who has not said its roles yet may bring the rest. */
function areNeeded({ neighbours: { members = [] } }: Inputs): boolean {
  const staying = members.filter(({ plannedUnits }) => plannedUnits > 0);
  if (members.some(({ roles, plannedUnits }) => roles.length === 0 && plannedUnits === 0)) return false;
  const have = (component: Component) => staying.some(({ roles }) => roles.includes(component));
  const [ask, answer] = [have('query-frontend'), have('querier')];
  return (ask || answer) && !(ask && answer && have('query-scheduler'));
}

function outOfRing(config: Settings): Settings {
  const { query_scheduler: scheduler, ...others } = config;
  if (scheduler === undefined || !isSettings(scheduler)) return config;
  const { service_discovery_mode: _, ...client } = scheduler;
  return Object.keys(client).length === 0 ? others : { ...config, query_scheduler: client };
}
