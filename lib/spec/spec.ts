/**
 * What a charm declares in its YAML files, as data.
 *
 * `CharmSpec` is what every dispatch needs: the names and how they behave. `charmwright generate` writes it as a
 * constant, so that every name in it is a literal type. `CharmMeta` (meta.ts) is everything, read when it is asked
 * for; what is marked "read on demand" here is in that one only.
 */

/** What an endpoint is to its relation: `peer` relates the units of one application. */
export type Role = 'provides' | 'requires' | 'peer';

/** An endpoint of metadata.yaml. */
export interface EndpointSpec {
  readonly role: Role;
  readonly interface: string;
  readonly limit?: number;
  /** Juju does not act on it: for charms and their readers. */
  readonly optional?: boolean;
  /** Absent: `global`. */
  readonly scope?: 'global' | 'container';
  /** Read on demand. */
  readonly description?: string;
}

/** Where a container has a storage. */
export interface MountSpec {
  readonly storage: string;
  readonly location: string;
}

/** An image to be found by what it is, in place of a resource. Juju knows the key and does not act on it. */
export interface ContainerBase {
  readonly name: string;
  /** `24.04/stable` */
  readonly channel: string;
  readonly architectures: readonly string[];
}

/** A workload container of metadata.yaml. */
export interface ContainerSpec {
  readonly resource?: string;
  readonly bases?: readonly ContainerBase[];
  /** One storage may be mounted at several places: see `mountLocations`. */
  readonly mounts?: readonly MountSpec[];
  readonly uid?: number;
  readonly gid?: number;
}

/** A storage of metadata.yaml. */
export interface StorageSpec {
  readonly type: 'filesystem' | 'block';
  readonly location?: string;
  readonly readOnly?: boolean;
  /** Shared by all units of the application. */
  readonly shared?: boolean;
  /** Least and most instances; `max: null` is unbounded. Juju's default is exactly one. */
  readonly count: { readonly min: number; readonly max: number | null };
  /** `1G` */
  readonly minimumSize?: string;
  readonly properties?: readonly 'transient'[];
  /** Read on demand. */
  readonly description?: string;
}

/** A resource of metadata.yaml. */
export interface ResourceSpec {
  readonly type: 'oci-image' | 'file';
  readonly filename?: string;
  /** Read on demand. Juju does not look at it; test beds take the image from there. */
  readonly upstreamSource?: string;
  /** Read on demand. */
  readonly description?: string;
}

/** The types that config.yaml knows. The value of a `secret` is a secret's URI. */
export type OptionType = 'string' | 'int' | 'float' | 'boolean' | 'secret';

/** An option of config.yaml. */
export interface OptionSpec {
  readonly type: OptionType;
  readonly default?: string | number | boolean;
  /** Read on demand. */
  readonly description?: string;
}

/** The part of JSON Schema (draft 4, as Juju uses it) that the types follow; any other key is kept for ajv. */
export interface ParameterSchema {
  readonly type?: string | readonly string[];
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly items?: ParameterSchema;
  readonly properties?: Readonly<Record<string, ParameterSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | ParameterSchema;
  readonly oneOf?: readonly ParameterSchema[];
  readonly anyOf?: readonly ParameterSchema[];
  /** Read on demand. */
  readonly description?: string;
  readonly [key: string]: unknown;
}

/**
 * One result of an action. Juju carries results as text, and nested ones as nested keys; so there are no lists: give
 * JSON text.
 */
export interface ResultSchema {
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'object';
  /** The values it may have. */
  readonly enum?: readonly (string | number | boolean)[];
  /** The action may leave it out. */
  readonly optional?: boolean;
  /** The results nested in an `object`. */
  readonly properties?: Readonly<Record<string, ResultSchema>>;
  /** What an `object` holds under names that are not known before. */
  readonly additionalProperties?: ResultSchema;
  /** Read on demand. */
  readonly description?: string;
}

/** An action of actions.yaml. */
export interface ActionSpec {
  /** Read on demand. */
  readonly title?: string;
  /** Read on demand. */
  readonly description?: string;
  readonly params: Readonly<Record<string, ParameterSchema>>;
  readonly required: readonly string[];
  /** Absent: any other parameter is taken below Juju 4.0, and none from 4.0. */
  readonly additionalProperties?: boolean;
  readonly parallel?: boolean;
  readonly executionGroup?: string;
  /** What the action returns. The key is charmwright's own; Juju keeps it and does not act on it. */
  readonly results?: Readonly<Record<string, ResultSchema>>;
}

/** What a dispatch needs of all that a charm declares in its YAML files. */
export interface CharmSpec {
  readonly name: string;
  readonly endpoints: Readonly<Record<string, EndpointSpec>>;
  readonly extraBindings: readonly string[];
  readonly containers: Readonly<Record<string, ContainerSpec>>;
  readonly storage: Readonly<Record<string, StorageSpec>>;
  readonly resources: Readonly<Record<string, ResourceSpec>>;
  readonly config: Readonly<Record<string, OptionSpec>>;
  readonly actions: Readonly<Record<string, ActionSpec>>;
}

/** Where a container has each of its storages: `{ data: ['/data', '/srv/data'] }`. */
export function mountLocations(container: ContainerSpec): Readonly<Record<string, readonly string[]>> {
  const locations: Record<string, string[]> = {};
  for (const { storage, location } of container.mounts ?? []) {
    locations[storage] = [...(locations[storage] ?? []), location];
  }
  return locations;
}
