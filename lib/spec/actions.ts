/** actions.yaml: what an operator runs, with JSON Schemas of what goes in and of what comes out. */
import * as z from 'zod';
import { isReserved, RESERVED } from './metadata.ts';
import { type Faults, isMap, readSection, type Section, type Tell } from './read-yaml.ts';
import { compact, mapValues } from './records.ts';
import { RESERVED_RESULTS, RESULT_KEY } from './result-names.ts';
import type { ActionSpec, ParameterSchema, ResultSchema } from './spec.ts';

const ACTION_NAME = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;

const result: z.ZodType<ResultSchema> = z.strictObject({
  type: z.enum(['string', 'integer', 'number', 'boolean', 'object']),
  enum: z
    .array(z.union([z.string(), z.number(), z.boolean()]))
    .min(1, 'names no value')
    .exactOptional(),
  optional: z.boolean().exactOptional(),
  get properties() {
    return z.record(z.string(), result).exactOptional();
  },
  get additionalProperties() {
    return result.exactOptional();
  },
  description: z.string().exactOptional(),
});

const action = z.object({
  title: z.string().optional(),
  description: z.string().optional(),
  params: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
  required: z.array(z.string()).optional(),
  additionalProperties: z.boolean().optional(),
  parallel: z.boolean().optional(),
  'execution-group': z.string().optional(),
  results: z.record(z.string(), result).optional(),
});

/** An action without anything is one without parameters; so is an empty file. */
const shape = z.record(z.string(), action.nullable()).nullable();

/** Undefined after a fault of the shape. */
export function readActions(
  section: Section,
  charm: string,
  faults: Faults,
): Record<string, ActionSpec> | undefined {
  const yaml = readSection(section, shape, faults);
  if (yaml === undefined) return undefined;
  const tell = faults.of(section);
  for (const [name, it] of Object.entries(yaml ?? {})) {
    if (!ACTION_NAME.test(name)) {
      tell([name], 'is not an action name Juju accepts: write lower-case letters, digits and hyphens');
    }
    if (isReserved(charm, name)) tell([name], RESERVED);
    for (const [param, schema] of Object.entries(it?.params ?? {})) {
      checkSchema(schema, [name, 'params', param], tell);
    }
    checkResults(it?.results ?? {}, [name, 'results'], tell);
  }
  return mapValues(yaml ?? {}, (it): ActionSpec => {
    const {
      title,
      description,
      params = {},
      required = [],
      additionalProperties,
      parallel,
      results,
    } = it ?? {};
    return {
      ...compact({ title, description: description?.trim() }),
      params: params as Record<string, ParameterSchema>,
      required,
      ...compact({ additionalProperties, parallel, executionGroup: it?.['execution-group'], results }),
    };
  });
}

const TYPES: ReadonlySet<unknown> = new Set([
  'string',
  'integer',
  'number',
  'boolean',
  'array',
  'object',
  'null',
]);

/** Where a JSON Schema holds others. */
const INNER = { one: ['items', 'additionalProperties', 'not'], many: ['oneOf', 'anyOf', 'allOf'] } as const;

/** The faults by which Juju refuses a charm, and those that the types would stumble over. */
function checkSchema(schema: unknown, path: readonly string[], tell: Tell): void {
  if (!isMap(schema)) {
    tell(path, 'must be a map: a JSON Schema');
    return;
  }
  for (const key of ['$ref', '$schema']) {
    if (key in schema) tell([...path, key], 'is a key that Juju refuses in a schema');
  }
  const types = [schema.type ?? []].flat();
  for (const type of types) {
    if (!TYPES.has(type)) tell([...path, 'type'], `${JSON.stringify(type)} is not a type of JSON Schema`);
  }
  const { enum: values, required, properties } = schema;
  if (values !== undefined && !(Array.isArray(values) && values.length > 0)) {
    tell([...path, 'enum'], 'must be a list of the values it may have');
  }
  const isNames = Array.isArray(required) && required.every((name) => typeof name === 'string');
  if (required !== undefined && !isNames) {
    tell(
      [...path, 'required'],
      'must be a list of names; of a parameter itself it is the action that says so',
    );
  }
  if (properties !== undefined && !isMap(properties))
    tell([...path, 'properties'], 'must be a map of schemas');
  for (const [name, inner] of Object.entries(isMap(properties) ? properties : {})) {
    checkSchema(inner, [...path, 'properties', name], tell);
  }
  for (const key of INNER.one) {
    const inner = schema[key];
    if (inner !== undefined && typeof inner !== 'boolean' && !Array.isArray(inner)) {
      checkSchema(inner, [...path, key], tell);
    }
  }
  for (const key of INNER.many) {
    const list = schema[key];
    if (list === undefined) continue;
    if (!Array.isArray(list)) tell([...path, key], 'must be a list of schemas');
    else for (const [i, inner] of list.entries()) checkSchema(inner, [...path, key, String(i)], tell);
  }
}

function checkResults(
  results: Readonly<Record<string, ResultSchema>>,
  path: readonly string[],
  tell: Tell,
): void {
  for (const [name, it] of Object.entries(results)) {
    const here = [...path, name];
    if (!RESULT_KEY.test(name)) {
      tell(here, 'is not a result name Juju accepts: write lower-case letters, digits and hyphens');
    }
    if (RESERVED_RESULTS.has(name)) tell(here, RESERVED);
    const holdsOthers = it.properties !== undefined || it.additionalProperties !== undefined;
    if (holdsOthers !== (it.type === 'object')) {
      tell([...here, 'type'], 'must be object where there are properties, and there only');
    }
    checkResults(it.properties ?? {}, [...here, 'properties'], tell);
  }
}
