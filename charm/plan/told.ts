/**
 * What the application that leads a cluster tells all others, and the credentials of object storage, which stand in a
 * secret instead. Loaded while there is a cluster.
 */
import type { ClusterConfiguration, Credentials, Settings } from '../../relations/mimir-cluster.ts';
import type { Inputs } from './inputs.ts';
import { isSettings } from './mimir-config.ts';
import type { SharedPlan } from './plan.ts';
import { serviceHost } from './urls.ts';

/** What all applications of the cluster are told, without credentials. */
export function toldToAll(
  inputs: Pick<Inputs, 'app' | 'model' | 'address' | 'authorities'>,
  { wanted: { config, storageAuthorities, trusted }, replicationFactor }: SharedPlan,
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
export function filled(settings: Settings, credentials: Credentials): Settings {
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

export function storageOf(settings: Settings): Settings | undefined {
  let found: Settings | undefined;
  withStorage(settings, (s3) => {
    found = s3;
    return s3;
  });
  return found;
}
