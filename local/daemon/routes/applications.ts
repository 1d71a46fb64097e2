/** deploy, refresh, trust, scale and removal. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { layCharm } from '../../containers/charm-archive.ts';
import * as applications from '../../model/applications.ts';
import { findApplication } from '../../model/lookup.ts';
import { Refusal } from '../../model/refusal.ts';
import type { Charm } from '../../model/state.ts';
import type { World } from '../world.ts';
import type { Handlers } from './types.ts';

const now = () => new Date().toISOString();

export const applicationRoutes: Handlers<
  'deploy' | 'refresh' | 'trust' | 'scale-application' | 'add-unit' | 'remove-unit' | 'remove-application'
> = {
  async deploy(world, { charm: path, application, units, config, resources, trust }) {
    const { store } = world.services;
    checkPaths(resources);
    const charm = await withCharm(world, path, (read) => {
      const request = { charm: read, application: application ?? read.name, units, config, resources, trust };
      applications.checkDeploy(store.model, request);
      return () => store.update((model) => applications.deploy(model, request, now()));
    });
    await store.flushed();
    const name = application ?? charm.name;
    return {
      application: name,
      charm: charm.url,
      revision: charm.revision,
      message:
        `Located local charm "${charm.name}", revision ${charm.revision}\n` +
        `Deploying "${name}" from local charm "${charm.name}", revision ${charm.revision} on ${charm.base.name}@${charm.base.channel}` +
        applications
          .missingImages(charm.spec.resources, resources)
          .map((image) => `\nNo image for "${image}": its container has the programs of this machine`)
          .join(''),
    };
  },

  async refresh(world, { application, charm: path, resources }) {
    const { store } = world.services;
    findApplication(store.model, application);
    checkPaths(resources);
    if (path === undefined) {
      store.update((model) => applications.attachResources(model, application, resources));
      await store.flushed();
      return { message: `Attached ${Object.keys(resources).join(', ')} to "${application}"` };
    }
    const charm = await withCharm(
      world,
      path,
      (read) => () =>
        store.update((model) => applications.refresh(model, application, { charm: read, resources })),
    );
    await store.flushed();
    return {
      message: `Added local charm "${charm.name}", revision ${charm.revision}, to the model`,
    };
  },

  async trust(world, { application, remove }) {
    const { store } = world.services;
    store.update((model) => {
      findApplication(model, application).trust = !remove;
    });
    await store.flushed();
    return {};
  },

  async 'scale-application'(world, { application, scale }) {
    const { store } = world.services;
    store.update((model) => applications.scaleApplication(model, application, scale, now()));
    await store.flushed();
    return {};
  },

  async 'add-unit'(world, { application, units }) {
    const { store } = world.services;
    store.update((model) => {
      const scale = findApplication(model, application).scale + units;
      applications.scaleApplication(model, application, scale, now());
    });
    await store.flushed();
    return {};
  },

  async 'remove-unit'(world, { application, units, destroyStorage }) {
    const { store } = world.services;
    const removed = store.update((model) =>
      applications.removeUnits(model, application, { count: units, destroyStorage }, now()),
    );
    await store.flushed();
    return { units: removed };
  },

  async 'remove-application'(world, { application, destroyStorage, force }) {
    const { store } = world.services;
    const removed = store.update((model) => {
      const result = applications.removeApplication(model, application, { destroyStorage }, now());
      // By force: no more hooks, as though every unit had been torn down.
      if (force)
        for (const unit of Object.values(model.applications[application]?.units ?? {})) unit.life = 'dead';
      return result;
    });
    await store.flushed();
    return removed;
  },
};

function checkPaths(resources: Readonly<Record<string, string>>): void {
  for (const [name, path] of Object.entries(resources))
    if (path !== 'none' && !existsSync(path))
      throw new Refusal(`resource "${name}": "${path}" does not exist`);
}

/** Lays the charm out under the revision it will get, then lets the model know it. */
function withCharm(
  world: World,
  path: string,
  check: (charm: Omit<Charm, 'url' | 'revision'>) => () => Charm,
): Promise<Charm> {
  const { store, folders } = world.services;
  return world.exclusive(async () => {
    const staging = join(folders.root, 'charms', `new-${randomBytes(6).toString('hex')}`);
    await mkdir(dirname(staging), { recursive: true });
    const read = await layCharm(path, staging);
    try {
      const commit = check(read);
      const revision = store.model.sequences.charm[read.name] ?? 0;
      const target = folders.charm(`local:${read.name}-${revision}`);
      await rm(target, { recursive: true, force: true });
      await rename(staging, target);
      const charm = commit();
      if (charm.revision !== revision) throw new Refusal(`charm "${read.name}" changed its revision`, 500);
      return charm;
    } finally {
      await rm(staging, { recursive: true, force: true });
    }
  });
}
