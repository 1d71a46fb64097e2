/** Where Pebble sends what Mimir, or the gateway, logs. */
import { createHash } from 'node:crypto';
import type { LogTarget, Plan } from 'charmwright/pebble';
import { topologyIdentifier, topologyLabels } from '../../relations/juju-topology.ts';
import type { Inputs } from './inputs.ts';
import { SERVICE } from './paths.ts';

export type LogTargets = Readonly<Record<string, LogTarget>>;

const PREFIX = 'loki-';

/**
 * A target's name is made of its address: Pebble goes on sending to the first address that it heard for a name.
 */
export function logTargets(
  { neighbours, app, unit, model, charm }: Pick<Inputs, 'neighbours' | 'app' | 'unit' | 'model' | 'charm'>,
  service = SERVICE,
): LogTargets {
  const topology = { model: model.name, modelUuid: model.uuid, application: app, charm };
  const { juju_charm: _, ...where } = topologyLabels(topology);
  // As all of Juju's log forwarding labels its lines: dashboards look for these.
  const labels = {
    product: 'Juju',
    job: `juju_${topologyIdentifier(topology)}`,
    charm,
    ...where,
    juju_unit: unit,
  };
  const entries = (neighbours.lokis ?? []).map((location): [string, LogTarget] => [
    `${PREFIX}${createHash('sha256').update(location).digest('hex').slice(0, 8)}`,
    { override: 'replace', type: 'loki', location, services: [service], labels },
  ]);
  return Object.fromEntries(entries);
}

/** Pebble cannot forget a target: those of ours that nobody wants any more get nothing. */
export function silenced(wanted: LogTargets, present: Plan['log-targets']): LogTargets {
  const gone = Object.entries(present).filter(
    ([name]) => name.startsWith(PREFIX) && wanted[name] === undefined,
  );
  const entries = gone.map(([name, { location }]): [string, LogTarget] => [
    name,
    { override: 'replace', type: 'loki', ...(location !== undefined && { location }), services: ['-all'] },
  ]);
  return Object.fromEntries(entries);
}
