/** Senders of metrics. */
import { remoteWriteApp, remoteWriteUnit } from '../../relations/remote-write.ts';
import { urls } from '../plan/urls.ts';
import type { Neighbour } from './neighbour.ts';

export const remoteWrite: Neighbour = {
  observe: async (_juju, relations) => ({
    neighbours: { senders: relations.map(({ remoteApp }) => remoteApp).toSorted() },
  }),

  publish: (inputs) => ({
    // One URL for all units: a sender writes every sample to every distinct URL it is given.
    unit: remoteWriteUnit(`${urls(inputs).public}/api/v1/push`),
    app: remoteWriteApp(),
  }),
};
