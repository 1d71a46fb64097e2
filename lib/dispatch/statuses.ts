/** The end of a dispatch as `juju status` shows it. */
import type { Statuses } from '../charm.ts';
import type { Juju } from '../model/juju.ts';
import { type Status, worst } from '../model/status.ts';
import type { Observer } from './deliver.ts';

/** Collects what the charm and its parts have to say, the application's first, and shows the worst of each. */
export async function showStatuses(observers: readonly Observer[], juju: Juju): Promise<void> {
  const collectsApp = observers.some(({ members }) => members.collectAppStatus !== undefined);
  if ((collectsApp || juju.outcome().appStatuses.length > 0) && (await juju.isLeader())) {
    for (const { members } of observers) juju.addAppStatus(...listed(await members.collectAppStatus?.(juju)));
    await showWorst(juju, 'app', juju.outcome().appStatuses);
  }
  for (const { members } of observers) juju.addStatus(...listed(await members.collectStatus?.(juju)));
  await showWorst(juju, 'unit', juju.outcome().unitStatuses);
}

/** Sent when there is one and it differs from what is shown. */
async function showWorst(juju: Juju, side: 'unit' | 'app', statuses: readonly Status[]): Promise<void> {
  const status = worst(statuses);
  if (status === undefined) return;
  await (side === 'unit' ? juju.showStatus(status) : juju.showAppStatus(status));
}

function listed(statuses: Statuses): readonly Status[] {
  if (statuses === undefined) return [];
  return 'name' in statuses ? [statuses] : statuses;
}
