/** The smallest whole charm. */
import { active, blocked, defineCharm } from 'charmwright';
import { spec } from './generated.ts';

export const hello = defineCharm(spec, {
  reconcile: async (juju) => {
    const { greeting } = await juju.config();
    juju.addStatus(
      greeting === '' ? blocked('greeting is empty: juju config hello-k8s greeting=hello') : active(greeting),
    );
  },
  actions: {
    greet: async ({ juju, params }) => ({ greeting: `${(await juju.config()).greeting} ${params.name}` }),
  },
});
