/** What this unit's Mimir is started with, whoever has decided it: this application, or the one that leads it. */
import type { ClusterConfiguration, Credentials, Settings } from '../../relations/mimir-cluster.ts';
import type { Inputs } from './inputs.ts';
import type { Endpoint } from './layer.ts';
import { isSettings, mimirConfig, type Store } from './mimir-config.ts';
import type { Options } from './options.ts';
import { type Component, componentsOf } from './roles.ts';
import { serviceHost } from './urls.ts';

export interface Wanted {
  /** None: Mimir does not run. */
  readonly components: readonly Component[];
  readonly config: Settings;
  /** Whom Mimir trusts when it asks object storage, PEM; empty: those of the image. */
  readonly storageAuthorities: string;
  /** Others that somebody told us to trust, PEM. */
  readonly trusted: string | undefined;
  /** Where object storage listens. */
  readonly bucket: Endpoint | undefined;
}

export function ownWanted(inputs: Inputs, options: Options, store: Store): Wanted {
  return {
    components: options.roles,
    config: mimirConfig(inputs, options, store),
    storageAuthorities: storageAuthorities(inputs, store),
    trusted: inputs.neighbours.trusted,
    bucket: store.kind === 's3' ? endpointOf(store.s3.endpoint, store.s3.insecure) : undefined,
  };
}

/** Storage that brings its own authorities is trusted by those alone, and by what an operator has added. */
function storageAuthorities({ neighbours }: Inputs, store: Store): string {
  const own = store.kind === 's3' ? (store.s3.caChain ?? '') : '';
  return own === '' ? '' : `${own}${own.endsWith('\n') ? '' : '\n'}${neighbours.trusted ?? ''}`;
}

/** @param joined what the application that leads has said. */
export function joinedWanted(
  inputs: Pick<Inputs, 'options'>,
  joined: { readonly configuration: ClusterConfiguration; readonly credentials?: Credentials },
): Wanted | undefined {
  const components = componentsOf(inputs.options.roles);
  if (components === undefined) return undefined;
  const { configuration, credentials } = joined;
  const storage = storageOf(configuration.settings);
  const { endpoint, insecure } = storage ?? {};
  return {
    components,
    config: credentials === undefined ? configuration.settings : filled(configuration.settings, credentials),
    storageAuthorities: configuration.storageAuthorities ?? '',
    trusted: configuration.trusted,
    bucket: typeof endpoint === 'string' ? endpointOf(endpoint, insecure === true) : undefined,
  };
}

/** What all applications of the cluster are told, without credentials. */
export function toldToAll(
  inputs: Pick<Inputs, 'app' | 'model' | 'address' | 'authorities'>,
  { config, storageAuthorities, trusted }: Wanted,
  replicationFactor: number,
): ClusterConfiguration {
  return {
    settings: withStorage(config, (settings) => mapped(settings, NO_CREDENTIALS)),
    replicationFactor,
    serverName: serviceHost(inputs),
    ...(storageAuthorities !== '' && { storageAuthorities }),
    ...(inputs.authorities !== undefined && { authorities: inputs.authorities }),
    ...(trusted !== undefined && { trusted }),
  };
}

const NO_CREDENTIALS = { access_key_id: '', secret_access_key: '' } as const;

/** The credentials where they belong, in the order that the settings have. */
function filled(settings: Settings, credentials: Credentials): Settings {
  const keys = { access_key_id: credentials['access-key'], secret_access_key: credentials['secret-key'] };
  return withStorage(settings, (storage) => mapped(storage, keys));
}

function mapped(settings: Settings, values: Readonly<Record<string, string>>): Settings {
  return Object.fromEntries(Object.entries(settings).map(([key, value]) => [key, values[key] ?? value]));
}

/** `common.storage.s3` changed, and all else as it is. */
function withStorage(settings: Settings, change: (s3: Settings) => Settings): Settings {
  const path = ['common', 'storage', 's3'] as const;
  const changed = (tree: Settings, depth: number): Settings =>
    Object.fromEntries(
      Object.entries(tree).map(([key, value]) => {
        if (key !== path[depth] || !isSettings(value)) return [key, value];
        return [key, depth === path.length - 1 ? change(value) : changed(value, depth + 1)];
      }),
    );
  return changed(settings, 0);
}

function storageOf(settings: Settings): Settings | undefined {
  let found: Settings | undefined;
  withStorage(settings, (s3) => {
    found = s3;
    return s3;
  });
  return found;
}

/** Undefined for a text that names no host and port. */
function endpointOf(text: string, insecure: boolean): Endpoint | undefined {
  const url = `tcp://${text}`;
  if (!URL.canParse(url)) return undefined;
  const { hostname, port } = new URL(url);
  return {
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? (insecure ? 80 : 443) : Number(port),
  };
}
