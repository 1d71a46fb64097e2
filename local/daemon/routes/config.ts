/** config and model-config. */
import { setConfig } from '../../model/applications.ts';
import { charmOf, findApplication } from '../../model/lookup.ts';
import { checkModelConfig, MODEL_DEFAULTS, modelConfig } from '../../model/model-config.ts';
import type { Handlers } from './types.ts';

export const configRoutes: Handlers<'get-config' | 'set-config' | 'model-config'> = {
  'get-config'(world, { application: name }) {
    const { model } = world.services.store;
    const application = findApplication(model, name);
    const charm = charmOf(model, name);
    const settings = Object.entries(charm.spec.config).map(
      ([option, { type, default: standard, description }]) => {
        const set = application.config[option];
        const value = set ?? standard;
        const source = set !== undefined ? 'user' : standard !== undefined ? 'default' : 'unset';
        return [
          option,
          {
            ...(standard === undefined ? {} : { default: standard }),
            ...(description === undefined ? {} : { description }),
            source,
            type,
            ...(value === undefined ? {} : { value }),
          },
        ] as const;
      },
    );
    return {
      application: name,
      charm: charm.name,
      'application-config': {
        trust: {
          default: false,
          description: 'Does this application have access to trusted credentials',
          source: application.trust ? ('user' as const) : ('default' as const),
          type: 'bool',
          value: application.trust,
        },
      },
      settings: Object.fromEntries(settings),
    };
  },

  async 'set-config'(world, { application, values, reset }) {
    const { store } = world.services;
    store.update((model) => setConfig(model, application, { values, reset }));
    await store.flushed();
    return {};
  },

  async 'model-config'(world, { values, reset }) {
    const { store } = world.services;
    checkModelConfig(values);
    store.update((model) => {
      for (const key of reset) delete model.config[key];
      Object.assign(model.config, values);
    });
    await store.flushed();
    const { config } = store.model;
    const settings = Object.entries(modelConfig(config)).map(([key, value]) => [
      key,
      {
        value,
        source: config[key] !== undefined && config[key] !== MODEL_DEFAULTS[key] ? 'model' : 'default',
      },
    ]);
    return { settings: Object.fromEntries(settings) };
  },
};
