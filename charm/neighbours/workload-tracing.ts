/** Who takes Mimir's own traces. Those of the hooks are the framework's work (see charm.ts). */
import { readReceiver, tracingApp } from '../../relations/tracing.ts';
import { type Neighbour, problemOf } from './neighbour.ts';

export const workloadTracing: Neighbour = {
  async observe(_juju, [relation]) {
    if (relation === undefined) return { neighbours: {} };
    const read = readReceiver(await relation.remoteAppData());
    if (!read.ok) return { neighbours: {}, problems: [problemOf(relation, 'receivers', read.problem)] };
    return { neighbours: read.url === undefined ? {} : { tracesUrl: read.url } };
  },

  publish: () => ({ app: tracingApp() }),
};
