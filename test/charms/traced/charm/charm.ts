/** A charm whose dispatches are traced. */
import { active, defineCharm, type Juju, waiting } from 'charmwright';
import { tracing } from 'charmwright/tracing';
import { type Spec, spec } from './generated.ts';

export const traced = defineCharm(spec, {
  parts: [tracing(spec, { endpoint: 'charm-tracing', caEndpoint: 'receive-ca-cert' })],

  on: {
    'config-changed': keepGreeting,
    'web-pebble-ready': async (juju, event) => {
      if (!(await juju.isLeader())) juju.defer(event);
    },
  },

  reconcile: async (juju) => {
    const { fail } = await juju.config();
    if (fail) throw new Error('told to fail');
    const web = juju.container('web');
    if (!(await web.canConnect())) return juju.addStatus(waiting('for the container'));
    await juju.span('a page', () => web.push('/page', 'written for s3cret eyes only'));
    juju.addStatus(active());
  },

  actions: {
    greet: ({ params }) => ({ greeting: `hello ${params.name}` }),
  },
});

async function keepGreeting(juju: Juju<Spec>): Promise<void> {
  const { greeting } = await juju.config();
  await juju.secrets.put('unit', 'greeting', { greeting });
}
