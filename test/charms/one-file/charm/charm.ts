/** A charm whose declarations are all in charmcraft.yaml. */
import { active, defineCharm } from 'charmwright';
import { spec } from './generated.ts';

export const oneFile = defineCharm(spec, {
  reconcile: async (juju) => juju.addStatus(active(`port ${(await juju.config()).port}`)),
  actions: {
    measure: async ({ juju, params }) => {
      const { summary } = await juju.meta();
      return { size: params.unit === 'bytes' ? summary.length : 1, unit: params.unit };
    },
  },
});
