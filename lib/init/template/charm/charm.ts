/** The charm: what it is related to, what it makes so, and its actions. */
import { ActionFailed, active, blocked, converge, defineCharm, waiting } from 'charmwright';
import * as z from 'zod';
import { spec } from './generated.ts';
import { ask, webServer } from './workload.ts';

/** What one application tells another about its page. The leader writes it, for all units. */
const page = z.object({ url: z.url() });

export const charm = defineCharm(spec, {
  endpoints: { page: { localApp: page }, neighbour: { remoteApp: page } },

  /** Runs once for every event, whatever it is, and makes everything as it should be. */
  reconcile: async (juju) => {
    const { greeting, port } = await juju.config();
    if (port < 1 || port > 65_535) {
      return juju.addStatus(blocked(`[config] port is ${port}, but must be 1 to 65535`));
    }

    if (await juju.isLeader()) {
      const url = `http://${juju.app}.${juju.model.name}.svc.cluster.local:${port}`;
      for (const relation of await juju.relations('page')) await relation.publishApp({ url });
    }

    const neighbour = await (await juju.relation('neighbour'))?.loadRemoteApp();
    const url = neighbour?.ok === true ? neighbour.data.url : '';
    const server = await webServer(juju.charmDir, { greeting, port, neighbour: url });
    const outcome = await converge(juju.container('web'), server);
    if (outcome.kind === 'unreachable') return juju.addStatus(waiting('for the container'));
    if (outcome.kind === 'failed') return juju.addStatus(blocked(`[web] ${outcome.reason}`));
    await juju.setPorts([port]);

    // What the neighbour has not said yet, or has said wrongly, is named here.
    juju.addStatus(neighbour?.ok === false ? waiting(neighbour.error.message) : active());
  },

  actions: {
    greet: async ({ juju, params }) => {
      const { port } = await juju.config();
      const answer = await ask(port, `/?name=${encodeURIComponent(params.name)}`);
      if (answer === undefined) throw new ActionFailed(`the web server does not answer on port ${port}`);
      return { greeting: answer.trim() };
    },
  },
});
