/** User secrets, and the list of all. */
import * as secrets from '../../model/secrets.ts';
import type { Secret } from '../../model/state.ts';
import type { Handlers } from './types.ts';

const now = () => new Date().toISOString();

export const secretRoutes: Handlers<
  'add-secret' | 'update-secret' | 'grant-secret' | 'revoke-secret' | 'remove-secret' | 'secrets'
> = {
  async 'add-secret'(world, request) {
    const { store } = world.services;
    const uri = store.update((model) => secrets.addUserSecret(model, request, now()));
    await store.flushed();
    return { uri };
  },

  async 'update-secret'(world, request) {
    const { store } = world.services;
    store.update((model) => secrets.updateUserSecret(model, request, now()));
    await store.flushed();
    return {};
  },

  async 'grant-secret'(world, { secret, applications }) {
    const { store } = world.services;
    store.update((model) => secrets.grantUserSecret(model, secret, applications, true));
    await store.flushed();
    return {};
  },

  async 'revoke-secret'(world, { secret, applications }) {
    const { store } = world.services;
    store.update((model) => secrets.grantUserSecret(model, secret, applications, false));
    await store.flushed();
    return {};
  },

  async 'remove-secret'(world, { secret, revision }) {
    const { store } = world.services;
    store.update((model) => secrets.removeUserSecret(model, secret, revision));
    await store.flushed();
    return {};
  },

  secrets(world, { secret, reveal }) {
    const { model } = world.services.store;
    const chosen = secret === undefined ? Object.values(model.secrets) : [secrets.findSecret(model, secret)];
    return { secrets: Object.fromEntries(chosen.map((each) => [each.id, shown(each, model.name, reveal)])) };
  },
};

function shown(secret: Secret, modelName: string, reveal: boolean) {
  const latest = secret.revisions.at(-1);
  const isUser = secret.owner.kind === 'user';
  return {
    revision: latest?.revision ?? 0,
    owner: secret.owner.kind === 'user' ? `<${modelName}>` : secret.owner.name,
    ...(secret.label === undefined ? {} : isUser ? { name: secret.label } : { label: secret.label }),
    ...(secret.description === undefined ? {} : { description: secret.description }),
    ...(secret.rotate === undefined ? {} : { rotation: secret.rotate }),
    created: secret.revisions[0]?.created ?? '',
    updated: latest?.created ?? '',
    ...(reveal && latest !== undefined ? { content: latest.content } : {}),
  };
}
