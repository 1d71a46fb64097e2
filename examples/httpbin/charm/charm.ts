/** One container, options that are checked, and a status that says how the server is. */
import { active, blocked, converge, defineCharm, waiting } from 'charmwright';
import * as z from 'zod';
import { spec } from './generated.ts';

const PORT = 8080;
const CHECK = 'up';

const options = z.object({
  'log-format': z.enum(['text', 'json']),
  'max-duration': z.int().min(1).max(60),
});

export const httpbin = defineCharm(spec, {
  reconcile: async (juju) => {
    const config = await juju.loadConfig(options);
    // The server goes on with the options that it has.
    if (!config.ok) return juju.addStatus(blocked(config.error.message));
    const { 'log-format': format, 'max-duration': seconds } = config.data;

    const container = juju.container('httpbin');
    const command = `/bin/go-httpbin -port ${PORT} -log-format ${format} -max-duration ${seconds}s`;
    const outcome = await converge(container, {
      label: 'httpbin',
      services: { httpbin: { summary: 'httpbin', command, startup: 'enabled' } },
      checks: {
        [CHECK]: { level: 'ready', period: '5s', http: { url: `http://127.0.0.1:${PORT}/status/200` } },
      },
    });
    if (outcome.kind === 'unreachable') return juju.addStatus(waiting('for the container'));
    if (outcome.kind === 'failed') return juju.addStatus(blocked(outcome.reason));

    await juju.setPorts([PORT]);
    const { bindAddress } = await juju.network('http');
    if (bindAddress !== undefined)
      for (const relation of await juju.relations('http'))
        relation.publishUnit({ hostname: bindAddress, port: String(PORT) });

    // check-failed and check-recovered bring us here as well.
    const [check] = await container.checks({ names: [CHECK] });
    juju.addStatus(
      check?.status === 'down' ? waiting(`the server does not answer: ${check.failures} times`) : active(),
    );
  },
});
