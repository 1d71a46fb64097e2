/** resolved, kill-pod, delete-pod, hold-pod, release-pod and kill-container. */
import { resolveUnit } from '../../agent/hook-transitions.ts';
import { CHARM_CONTAINER, workloads } from '../../containers/pod-spec.ts';
import { allUnits, findCharm, findUnit } from '../../model/lookup.ts';
import { notFound, Refusal } from '../../model/refusal.ts';
import type { Handlers } from './types.ts';

export const unitRoutes: Handlers<
  'resolved' | 'kill-pod' | 'delete-pod' | 'hold-pod' | 'release-pod' | 'kill-container'
> = {
  async resolved(world, { units, all, retry }) {
    const { store } = world.services;
    if (!all && units.length === 0) throw new Refusal('no unit specified');
    store.update((model) => {
      const named = units.map((name) => findUnit(model, name).name);
      for (const name of all ? allUnits(model).map((unit) => unit.name) : named)
        if (!resolveUnit(model, name, retry) && !all)
          throw new Refusal(`unit "${name}" is not in an error state`);
    });
    await store.flushed();
    return {};
  },

  'kill-pod'(world, { unit }) {
    world.agent(unit).kubelet.killPod();
    return {};
  },

  'delete-pod'(world, { unit }) {
    world.agent(unit).terminate();
    return {};
  },

  async 'hold-pod'(world, { unit }) {
    const { store } = world.services;
    store.update((model) => {
      findUnit(model, unit).heldSince ??= new Date().toISOString();
    });
    await store.flushed();
    return {};
  },

  async 'release-pod'(world, { unit }) {
    const { store } = world.services;
    store.update((model) => {
      const found = findUnit(model, unit);
      if (found.heldSince === undefined) throw new Refusal(`the pod of unit "${unit}" is not held`);
      delete found.heldSince;
    });
    await store.flushed();
    return {};
  },

  'kill-container'(world, { unit, container }) {
    const { model } = world.services.store;
    const known = [CHARM_CONTAINER, ...workloads(findCharm(model, findUnit(model, unit).charm).spec)];
    if (!known.includes(container))
      throw notFound(
        `container "${container}" of unit "${unit}" not found, choose one of: ${known.join(', ')}`,
      );
    world.agent(unit).kubelet.killContainer(container);
    return {};
  },
};
