/**
 * What a charm declares in its YAML files, as data.
 *
 * `charmwright generate` writes it as a constant, so that every name in it is a literal type; the loader in
 * `load.ts` reads the same shape from a charm's folder at run time (the local model and the tests need that).
 */

/** An endpoint of metadata.yaml. */
export interface EndpointSpec {
  readonly role: 'provides' | 'requires' | 'peer';
  readonly interface: string;
  readonly limit?: number;
  readonly optional?: boolean;
  readonly scope?: 'global' | 'container';
}

/** A workload container of metadata.yaml. */
export interface ContainerSpec {
  readonly resource?: string;
  readonly mounts?: readonly { readonly storage: string; readonly location: string }[];
  readonly uid?: number;
  readonly gid?: number;
}

/** A storage of metadata.yaml. */
export interface StorageSpec {
  readonly type: 'filesystem' | 'block';
  readonly location?: string;
  readonly readOnly?: boolean;
  /** Least and most instances; `max: null` is unbounded. Juju's default is exactly one. */
  readonly count: { readonly min: number; readonly max: number | null };
  readonly minimumSize?: string;
}

/** A resource of metadata.yaml. */
export interface ResourceSpec {
  readonly type: 'oci-image' | 'file';
  readonly filename?: string;
  readonly upstreamSource?: string;
}

/** The types that config.yaml knows. The value of a `secret` is a secret's URI. */
export type OptionType = 'string' | 'int' | 'float' | 'boolean' | 'secret';

/** An option of config.yaml. */
export interface OptionSpec {
  readonly type: OptionType;
  readonly default?: string | number | boolean;
  readonly description?: string;
}

/** The part of JSON Schema (draft 4, as Juju uses it) that the types follow; any other key is kept for ajv. */
export interface ParameterSchema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly items?: ParameterSchema;
  readonly properties?: Readonly<Record<string, ParameterSchema>>;
  readonly [key: string]: unknown;
}

/** An action of actions.yaml. */
export interface ActionSpec {
  readonly description?: string;
  readonly params: Readonly<Record<string, ParameterSchema>>;
  readonly required: readonly string[];
  readonly additionalProperties: boolean;
  readonly parallel?: boolean;
  readonly executionGroup?: string;
}

/** All that a charm declares in its YAML files. */
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
