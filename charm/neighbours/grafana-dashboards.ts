/** Grafanas that show our dashboards. */
import { grafanaDashboardApp, readDashboardErrors } from '../../relations/grafana-dashboard.ts';
import { ENCODED_DASHBOARDS } from './dashboards.generated.ts';
import { type Neighbour, refusals } from './neighbour.ts';
import { topologyOf } from './topology.ts';

const DASHBOARDS = Object.entries(ENCODED_DASHBOARDS).map(([name, content]) => ({ name, content }));

export const grafanaDashboards: Neighbour = {
  observe: (_juju, relations) => refusals(relations, readDashboardErrors),
  publish: (inputs) => ({ app: grafanaDashboardApp(DASHBOARDS, topologyOf(inputs), inputs.unit) }),
};
