/** The model as a whole: status, changes, its end. */
import { JUJU_VERSION } from '../../agent/context.ts';
import { resolveUnit } from '../../model/lookup.ts';
import { modelStatus, showUnit } from '../../model/status-report.ts';
import type { Handlers } from './types.ts';

export const modelRoutes: Handlers<'model-info' | 'status' | 'show-unit' | 'wait-change'> = {
  'model-info'(world) {
    const { store, network } = world.services;
    const { name, uuid } = store.model;
    return {
      name,
      uuid,
      pid: process.pid,
      version: JUJU_VERSION,
      bridge: `${network.gateway}/${network.bits}`,
    };
  },

  status(world) {
    const { store, pods } = world.services;
    return modelStatus(store.model, JUJU_VERSION, new Date().toISOString(), (unit) => pods.isReady(unit));
  },

  'show-unit'(world, { units }) {
    const { model } = world.services.store;
    const names = units.map((unit) => resolveUnit(model, unit).name);
    return Object.fromEntries(names.map((name) => [name, showUnit(model, name)]));
  },

  async 'wait-change'(world, { after, wait }) {
    const { store } = world.services;
    await store.until(() => store.generation > after, wait);
    return { generation: store.generation };
  },
};
