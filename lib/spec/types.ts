/** Types computed from a generated charm spec: the names and values an author may use. */
import type { ActionSpec, CharmSpec, OptionSpec, ParameterSchema } from './spec.ts';

/** Names of the endpoints in metadata.yaml. */
export type EndpointName<S extends CharmSpec> = keyof S['endpoints'] & string;
/** Names of the containers in metadata.yaml. */
export type ContainerName<S extends CharmSpec> = keyof S['containers'] & string;
/** Names of the storage in metadata.yaml. */
export type StorageName<S extends CharmSpec> = keyof S['storage'] & string;
/** Names of the resources in metadata.yaml. */
export type ResourceName<S extends CharmSpec> = keyof S['resources'] & string;
/** Names of the options in config.yaml. */
export type OptionName<S extends CharmSpec> = keyof S['config'] & string;
/** Names of the actions in actions.yaml. */
export type ActionName<S extends CharmSpec> = keyof S['actions'] & string;
/** What `network-get` accepts: any endpoint or extra binding. */
export type BindingName<S extends CharmSpec> = EndpointName<S> | S['extraBindings'][number];

/** An option of type secret, as the operator set it: `juju config APP key=secret:…`, after `juju grant-secret`. */
export interface SecretOption {
  /** `secret:d2q9…` */
  readonly uri: string;
  /**
   * Content of the revision this unit tracks; `latest` moves to the newest one. Asked for once in a dispatch.
   * @throws SecretNotFoundError or PermissionError when it is not granted to the application.
   */
  content(which?: 'tracked' | 'latest'): Promise<Readonly<Record<string, string>>>;
}

type OptionValue<O extends OptionSpec> = O['type'] extends 'secret'
  ? SecretOption
  : O['type'] extends 'int' | 'float'
    ? number
    : O['type'] extends 'boolean'
      ? boolean
      : string;

type HasDefault<T> = T extends { readonly default: unknown } ? true : false;

/** Every config option; one without a default is absent until an operator sets it. */
export type ConfigValues<S extends CharmSpec> = {
  readonly [N in OptionName<S> as HasDefault<S['config'][N]> extends true ? N : never]: OptionValue<
    S['config'][N]
  >;
} & {
  readonly [N in OptionName<S> as HasDefault<S['config'][N]> extends true ? never : N]?: OptionValue<
    S['config'][N]
  >;
};

/** The value of one JSON-Schema type name. */
type ValueOf<T, P extends ParameterSchema> = T extends 'string'
  ? string
  : T extends 'integer' | 'number'
    ? number
    : T extends 'boolean'
      ? boolean
      : T extends 'array'
        ? readonly (P['items'] extends ParameterSchema ? ParameterValue<P['items']> : unknown)[]
        : T extends 'object'
          ? Readonly<Record<string, unknown>>
          : unknown;

/** The TypeScript type of an action's parameter, from its JSON Schema. */
export type ParameterValue<P extends ParameterSchema> = P extends { readonly enum: readonly (infer V)[] }
  ? V
  : P['type'] extends readonly (infer T)[]
    ? ValueOf<T, P>
    : ValueOf<P['type'], P>;

type IsGiven<A extends ActionSpec, N extends keyof A['params']> = N extends A['required'][number]
  ? true
  : HasDefault<A['params'][N]>;

/** An action's parameters after ajv has checked them and filled the defaults in. */
export type ActionParams<A extends ActionSpec> = {
  readonly [N in keyof A['params'] as IsGiven<A, N> extends true ? N : never]: ParameterValue<A['params'][N]>;
} & {
  readonly [N in keyof A['params'] as IsGiven<A, N> extends true ? never : N]?: ParameterValue<
    A['params'][N]
  >;
};
