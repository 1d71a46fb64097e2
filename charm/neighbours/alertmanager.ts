/** Alertmanagers outside this application, which the ruler notifies instead of its own. */
import { readAlertmanager } from '../../relations/alertmanager.ts';
import type { Neighbour } from './neighbour.ts';
import { distinct, unitAddresses } from './unit-addresses.ts';

export const alertmanager: Neighbour = {
  async observe(_juju, relations) {
    const { addresses, problems } = await unitAddresses(relations, readAlertmanager);
    const alertmanagers = distinct(addresses);
    return { neighbours: alertmanagers.length === 0 ? {} : { alertmanagers }, problems };
  },
};
