/** Lokis: Pebble pushes what Mimir logs to all of them, and they look at our rules about it. */
import { lokiApp, readLokiErrors, readPushEndpoint } from '../../relations/loki.ts';
import { LOG_RULES } from './log-rules.generated.ts';
import { type Neighbour, refusals } from './neighbour.ts';
import { placed, topologyOf } from './topology.ts';
import { distinct, unitAddresses } from './unit-addresses.ts';

export const logging: Neighbour = {
  async observe(_juju, relations) {
    const { addresses, problems } = await unitAddresses(relations, readPushEndpoint);
    const refused = await refusals(relations, readLokiErrors);
    // A Loki of many units gives all of them one address.
    const lokis = distinct(addresses);
    return {
      neighbours: lokis.length === 0 ? {} : { lokis },
      problems: [...problems, ...(refused.problems ?? [])],
    };
  },

  publish(inputs) {
    const topology = topologyOf(inputs);
    const groups = LOG_RULES.map((group) => placed(group, topology));
    return { app: lokiApp({ topology, unit: inputs.unit, groups }) };
  },
};
