/** From everything that the YAML files say, the part that a dispatch needs. */
import { compact, mapValues } from './records.ts';
import type { CharmSpec, ParameterSchema, ResultSchema } from './spec.ts';

/** Without what is for people only: a smaller constant is loaded by every hook. */
export function leanSpec(meta: CharmSpec): CharmSpec {
  return {
    name: meta.name,
    endpoints: mapValues(meta.endpoints, undescribed),
    extraBindings: meta.extraBindings,
    containers: meta.containers,
    storage: mapValues(meta.storage, undescribed),
    resources: mapValues(meta.resources, ({ type, filename }) => ({ type, ...compact({ filename }) })),
    config: mapValues(meta.config, undescribed),
    actions: mapValues(meta.actions, ({ title: _title, results, params, ...action }) => ({
      ...undescribed(action),
      params: mapValues(params, leanSchema),
      ...compact({ results: results && mapValues(results, leanResult) }),
    })),
  };
}

/** With the descriptions, for those who show them: `juju config`, `juju actions`. */
export function specOf({
  name,
  endpoints,
  extraBindings,
  containers,
  storage,
  resources,
  config,
  actions,
}: CharmSpec): CharmSpec {
  return { name, endpoints, extraBindings, containers, storage, resources, config, actions };
}

function undescribed<T extends { readonly description?: string }>(value: T): Omit<T, 'description'> {
  const { description: _description, ...rest } = value;
  return rest;
}

function leanSchema(schema: ParameterSchema): ParameterSchema {
  const { properties, items } = schema;
  const machines = Object.entries(schema).filter(([key]) => key !== 'description' && key !== 'title');
  return {
    ...Object.fromEntries(machines),
    ...compact({
      items: items && leanSchema(items),
      properties: properties && mapValues(properties, leanSchema),
    }),
  };
}

function leanResult(result: ResultSchema): ResultSchema {
  const { properties, additionalProperties, ...rest } = undescribed(result);
  return {
    ...rest,
    ...compact({
      properties: properties && mapValues(properties, leanResult),
      additionalProperties: additionalProperties && leanResult(additionalProperties),
    }),
  };
}
