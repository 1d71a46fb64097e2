/** The ingress in front of all units. */
import * as z from 'zod/mini';
import { ingressApp, ingressUnit, readIngress } from '../../relations/ingress.ts';
import { addressedPort, scheme } from '../plan/urls.ts';
import { type Neighbour, problemOf } from './neighbour.ts';

/** Forgotten with the relation. */
const memory = z.object({ ingressUrl: z.string() });

export const ingress: Neighbour = {
  async observe(juju, [relation]) {
    if (relation === undefined) return { neighbours: {} };
    const read = readIngress(await relation.remoteAppData());
    const ingressUrl = read.ok ? read.url : undefined;
    if (ingressUrl !== undefined) juju.store(relation.name, { ingressUrl });
    const last = ingressUrl ?? juju.stored(relation.name, memory)?.ingressUrl;
    return {
      neighbours: {
        ...(ingressUrl !== undefined && { ingressUrl }),
        ...(last !== undefined && { lastIngressUrl: last }),
      },
      ...(!read.ok && { problems: [problemOf(relation, 'ingress', read.problem)] }),
    };
  },

  publish: (inputs) => ({
    unit: ingressUnit({ host: inputs.address.fqdn, ip: inputs.address.ip }),
    app: ingressApp({
      model: inputs.model.name,
      name: inputs.app,
      port: addressedPort(inputs),
      scheme: scheme(inputs),
      healthPath: '/ready',
    }),
  }),
};
