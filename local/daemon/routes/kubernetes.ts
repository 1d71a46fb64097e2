/** kubernetes-start and kubernetes-config: an API server beside the model, and how clients reach it. */
import { Refusal } from '../../model/refusal.ts';
import type { Handlers } from './types.ts';

export const kubernetesRoutes: Handlers<'kubernetes-start' | 'kubernetes-config'> = {
  async 'kubernetes-start'(world, { programs }) {
    const { store, kubernetes } = world.services;
    await world.exclusive(() => kubernetes.start(programs, store.model));
    store.update((model) => {
      model.kubernetes = programs;
    });
    const { place } = kubernetes;
    if (place === undefined) throw new Refusal('the API server has ended', 500);
    return place;
  },

  'kubernetes-config'(world, { server }) {
    const { store, kubernetes } = world.services;
    const kubeconfig = kubernetes.kubeconfig(server, store.model.name);
    if (kubeconfig === undefined)
      throw new Refusal('no Kubernetes API runs here: juju-local kubernetes start', 404);
    return { kubeconfig };
  },
};
