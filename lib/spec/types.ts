/** Types computed from a generated charm spec: the names and values an author may use. */
import type { CharmSpec, OptionSpec, ResourceSpec, Role } from './spec.ts';

/** Names of the endpoints in metadata.yaml. */
export type EndpointName<S extends CharmSpec> = keyof S['endpoints'] & string;
/**
 * Names of the endpoints of a role, and of an interface if one is given: for what makes sense there only.
 *
 * @example
 * const askFor = (endpoint: EndpointWith<Spec, 'requires', 's3'>) => {};
 */
export type EndpointWith<S extends CharmSpec, R extends Role, I extends string = string> = NamesWith<
  S['endpoints'],
  { readonly role: R; readonly interface: I }
>;
/** Names of the containers in metadata.yaml. */
export type ContainerName<S extends CharmSpec> = keyof S['containers'] & string;
/** Names of the storage in metadata.yaml. */
export type StorageName<S extends CharmSpec> = keyof S['storage'] & string;
/** Ids of storage instances: `data/0`. */
export type StorageId<S extends CharmSpec, N extends StorageName<S> = StorageName<S>> = `${N}/${number}`;
/** Names of the resources in metadata.yaml. */
export type ResourceName<S extends CharmSpec> = keyof S['resources'] & string;
/** Names of the resources of a type. */
export type ResourceWith<S extends CharmSpec, T extends ResourceSpec['type']> = NamesWith<
  S['resources'],
  { readonly type: T }
>;
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

/** The names whose entries fit; of a charm that is not known, any name. */
type NamesWith<Table, Fit> = string extends keyof Table
  ? string
  : { [N in keyof Table & string]: Table[N] extends Fit ? N : never }[keyof Table & string];

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
