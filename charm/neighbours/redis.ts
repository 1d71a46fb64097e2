/** Mimir 2 could keep its caches in Redis. Mimir 3 cannot: the operator is told what can take its place. */
import type { Neighbour } from './neighbour.ts';

export const redis: Neighbour = {
  observe: async (_juju, relations) => ({
    neighbours: { redises: relations.map(({ remoteApp }) => remoteApp).toSorted() },
  }),
};
