/** The daemon's status -> the value that `juju status --format json` prints: juju's keys, juju's times. */
import type { ModelStatus, StatusInfo } from '../../api.ts';
import { statusTime, timeOfDay } from './time.ts';

/** Times in the machine's zone, or UTC. Keys keep juju's order. */
export function statusValue(status: ModelStatus, utc: boolean): Record<string, unknown> {
  const info = (value: StatusInfo) => ({ ...value, since: statusTime(value.since, utc) });
  return {
    model: { ...status.model, 'model-status': info(status.model['model-status']) },
    machines: status.machines,
    applications: mapValues(status.applications, (application) => ({
      ...application,
      'application-status': info(application['application-status']),
      ...(application.units === undefined
        ? {}
        : {
            units: mapValues(application.units, (unit) => ({
              ...unit,
              'workload-status': info(unit['workload-status']),
              'juju-status': info(unit['juju-status']),
            })),
          }),
    })),
    storage:
      status.storage === undefined
        ? {}
        : { storage: mapValues(status.storage.storage, (one) => ({ ...one, status: info(one.status) })) },
    controller: { timestamp: timeOfDay(status.controller.timestamp, utc) },
  };
}

function mapValues<A, B>(record: Readonly<Record<string, A>>, change: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
