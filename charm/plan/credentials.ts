/** The credentials of object storage in Mimir's settings. Applications tell each other of them in a secret instead. */
import type { Credentials, Settings } from '../../relations/mimir-cluster.ts';
import { isSettings } from './mimir-config.ts';

const NO_CREDENTIALS = { access_key_id: '', secret_access_key: '' } as const;

/** Empty texts in the places of credentials, in the order that the settings have. */
export function withoutCredentials(settings: Settings): Settings {
  return withStorage(settings, (storage) => mapped(storage, NO_CREDENTIALS));
}

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
