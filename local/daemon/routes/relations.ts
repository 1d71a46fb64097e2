/** integrate and remove-relation. */
import { forgetRelation } from '../../model/commit.ts';
import { Refusal } from '../../model/refusal.ts';
import * as relations from '../../model/relations.ts';
import type { Handlers } from './types.ts';

export const relationRoutes: Handlers<'integrate' | 'remove-relation'> = {
  async integrate(world, { endpoints }) {
    const { store } = world.services;
    const relation = store.update((model) => relations.integrate(model, endpoints));
    await store.flushed();
    return { relationId: relation.id, interface: relation.interface, endpoints: relation.ends };
  },

  async 'remove-relation'(world, { endpoints, relationId }) {
    const { store } = world.services;
    store.update((model) => {
      const id =
        relationId ?? (endpoints === undefined ? undefined : relations.findRelation(model, endpoints).id);
      if (id === undefined) throw new Refusal('a relation must involve two applications');
      relations.removeRelation(model, id);
      if (model.relations[id] === undefined) forgetRelation(model, id);
    });
    await store.flushed();
    return {};
  },
};
