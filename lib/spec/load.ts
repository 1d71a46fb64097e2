/** Reads what a charm declares from its YAML files. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';
import { SpecError } from '../errors.ts';
import type { ActionSpec, CharmSpec, EndpointSpec, OptionSpec, StorageSpec } from './spec.ts';

const endpointYaml = z.union([
  z.string().transform((name) => ({ interface: name })),
  z.object({
    interface: z.string(),
    limit: z.number().int().nullish(),
    optional: z.boolean().optional(),
    scope: z.enum(['global', 'container']).optional(),
  }),
]);
const endpointsYaml = z.record(z.string(), endpointYaml).nullish();

const metadataYaml = z.object({
  name: z.string().regex(/^[a-z][a-z0-9]*(-[a-z0-9]*[a-z][a-z0-9]*)*$/, 'not a charm name Juju accepts'),
  provides: endpointsYaml,
  requires: endpointsYaml,
  peers: endpointsYaml,
  'extra-bindings': z.record(z.string(), z.unknown()).nullish(),
  containers: z
    .record(
      z.string(),
      z
        .object({
          resource: z.string().optional(),
          mounts: z.array(z.object({ storage: z.string(), location: z.string() })).optional(),
          uid: z.number().int().optional(),
          gid: z.number().int().optional(),
        })
        .nullable(),
    )
    .nullish(),
  storage: z
    .record(
      z.string(),
      z.object({
        type: z.enum(['filesystem', 'block']),
        location: z.string().optional(),
        'read-only': z.boolean().optional(),
        'minimum-size': z.string().optional(),
        multiple: z.object({ range: z.union([z.string(), z.number()]) }).optional(),
      }),
    )
    .nullish(),
  resources: z
    .record(
      z.string(),
      z.object({
        type: z.enum(['oci-image', 'file']).default('file'),
        filename: z.string().optional(),
        'upstream-source': z.string().optional(),
      }),
    )
    .nullish(),
});

const configYaml = z.object({
  options: z
    .record(
      z.string(),
      z.object({
        type: z.enum(['string', 'int', 'float', 'boolean', 'secret']).default('string'),
        default: z.union([z.string(), z.number(), z.boolean()]).nullish(),
        description: z.string().optional(),
      }),
    )
    .nullish(),
});

const actionsYaml = z
  .record(
    z.string().regex(/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/, 'not an action name Juju accepts'),
    z.looseObject({
      description: z.string().optional(),
      params: z.record(z.string(), z.record(z.string(), z.unknown())).nullish(),
      required: z.array(z.string()).optional(),
      additionalProperties: z.boolean().optional(),
      parallel: z.boolean().optional(),
      'execution-group': z.string().optional(),
    }),
  )
  .nullish();

export interface CharmFiles {
  readonly metadata: string;
  readonly config?: string;
  readonly actions?: string;
}

/** The texts of a charm's YAML files as data. @throws SpecError naming the file and the key. */
export function loadCharmSpec(files: CharmFiles): CharmSpec {
  const metadata = readYaml('metadata.yaml', files.metadata, metadataYaml);
  const config = files.config === undefined ? {} : readYaml('config.yaml', files.config, configYaml);
  const actions = files.actions === undefined ? {} : readYaml('actions.yaml', files.actions, actionsYaml);
  return {
    name: metadata.name,
    endpoints: {
      ...endpoints('provides', metadata.provides),
      ...endpoints('requires', metadata.requires),
      ...endpoints('peer', metadata.peers),
    },
    extraBindings: Object.keys(metadata['extra-bindings'] ?? {}).sort(),
    containers: mapValues(metadata.containers ?? {}, (c) => compact(c ?? {})),
    storage: mapValues(
      metadata.storage ?? {},
      (s, name): StorageSpec => ({
        type: s.type,
        ...compact({ location: s.location, readOnly: s['read-only'], minimumSize: s['minimum-size'] }),
        count: storageCount(name, s.multiple?.range),
      }),
    ),
    resources: mapValues(metadata.resources ?? {}, (r) => ({
      type: r.type,
      ...compact({ filename: r.filename, upstreamSource: r['upstream-source'] }),
    })),
    config: mapValues(
      config.options ?? {},
      (o): OptionSpec => ({
        type: o.type,
        ...compact({ default: o.default ?? undefined, description: o.description?.trim() }),
      }),
    ),
    actions: mapValues(
      actions ?? {},
      (a): ActionSpec => ({
        ...compact({ description: a.description?.trim() }),
        params: a.params ?? {},
        required: a.required ?? [],
        additionalProperties: a.additionalProperties ?? true,
        ...compact({ parallel: a.parallel, executionGroup: a['execution-group'] }),
      }),
    ),
  };
}

/** Reads metadata.yaml, and config.yaml and actions.yaml when there are such, from a charm's folder. */
export async function readCharmSpec(dir: string): Promise<CharmSpec> {
  const [metadata, config, actions] = await Promise.all(
    ['metadata.yaml', 'config.yaml', 'actions.yaml'].map((file) => readOptional(join(dir, file))),
  );
  if (metadata === undefined)
    throw new SpecError(join(dir, 'metadata.yaml'), 'no such file: this is not a charm');
  return loadCharmSpec({ metadata, ...compact({ config, actions }) });
}

async function readOptional(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function readYaml<T>(file: string, text: string, schema: z.ZodType<T>): T {
  let data: unknown;
  try {
    data = parse(text);
  } catch (error) {
    throw new SpecError(file, error instanceof Error ? error.message : String(error));
  }
  const result = schema.safeParse(data);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new SpecError(
    [file, issue?.path.join('.')].filter(Boolean).join(': '),
    issue?.message ?? 'not valid',
  );
}

function endpoints(
  role: EndpointSpec['role'],
  yaml: z.infer<typeof endpointsYaml>,
): Record<string, EndpointSpec> {
  return mapValues(yaml ?? {}, (e) => ({
    role,
    interface: e.interface,
    ...('limit' in e ? compact({ limit: e.limit ?? undefined, optional: e.optional, scope: e.scope }) : {}),
  }));
}

/** `N`, `N-M`, `N+` and `N-`, as Juju reads `multiple.range`. */
function storageCount(name: string, range: string | number | undefined): StorageSpec['count'] {
  if (range === undefined) return { min: 1, max: 1 };
  const match = /^(\d+)(?:(-)(\d*)|(\+))?$/.exec(String(range));
  if (match === null)
    throw new SpecError(`metadata.yaml: storage.${name}.multiple.range`, `"${range}" is not a range`);
  const min = Number(match[1]);
  if (match[2] === undefined && match[4] === undefined) return { min, max: min };
  return { min, max: match[3] ? Number(match[3]) : null };
}

function mapValues<A, B>(
  record: Readonly<Record<string, A>>,
  f: (value: A, key: string) => B,
): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, f(value, key)]));
}

/** Leaves out what is undefined, which `exactOptionalPropertyTypes` wants absent. */
function compact<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const kept = Object.entries(value).filter(([, v]) => v !== undefined);
  return Object.fromEntries(kept) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
