/** The ingress in front of all units. */
import { ingressApp, ingressUnit, readIngress } from '../../relations/ingress.ts';
import { HTTP_PORT } from '../plan/paths.ts';
import { scheme } from '../plan/urls.ts';
import { type Neighbour, problemOf } from './neighbour.ts';

export const ingress: Neighbour = {
  async observe(_juju, [relation]) {
    if (relation === undefined) return { neighbours: {} };
    const read = readIngress(await relation.remoteAppData());
    if (!read.ok) return { neighbours: {}, problems: [problemOf(relation, 'ingress', read.problem)] };
    return { neighbours: read.url === undefined ? {} : { ingressUrl: read.url } };
  },

  publish: (inputs) => ({
    unit: ingressUnit({ host: inputs.address.fqdn, ip: inputs.address.ip }),
    app: ingressApp({
      model: inputs.model.name,
      name: inputs.app,
      port: HTTP_PORT,
      scheme: scheme(inputs),
      healthPath: '/ready',
    }),
  }),
};
