/** A memcached in each unit. */
import { active, converge, defineCharm, waiting } from 'charmwright';
import { spec } from './generated.ts';

const PORT = 11_211;

export const memcached = defineCharm(spec, {
  reconcile: async (juju) => {
    const { bindAddress: ip } = await juju.network('cache');
    if (ip === undefined) return juju.addStatus(waiting('for an address'));
    const outcome = await converge(juju.container('memcached'), {
      label: 'memcached',
      // As root it insists on being told that root is meant. 0.0.0.0: the pod's address may change.
      services: { memcached: { command: `memcached -u root -l 0.0.0.0 -p ${PORT}`, startup: 'enabled' } },
      checks: { up: { level: 'ready', tcp: { port: PORT } } },
    });
    if (outcome.kind !== 'settled') return juju.addStatus(waiting('for memcached'));
    await juju.setPorts([PORT]);
    for (const relation of await juju.relations('cache'))
      relation.publishUnit({ host: ip, port: String(PORT) });
    juju.addStatus(active());
  },
});
