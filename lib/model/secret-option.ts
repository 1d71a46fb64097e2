/** Options of type secret: the secret itself, not its URI. */
import type { SecretContent } from '../hook-tools/secret.ts';
import type { RawConfig } from '../hook-tools/unit.ts';
import type { CharmSpec } from '../spec/spec.ts';
import type { SecretOption } from '../spec/types.ts';
import type { Secrets } from './secrets.ts';

/** The values with each secret's URI replaced. Juju is not asked for a content before it is wanted. */
export function withSecrets(
  values: RawConfig,
  spec: CharmSpec,
  secrets: Secrets,
): Readonly<Record<string, RawConfig[string] | SecretOption>> {
  const options: Record<string, RawConfig[string] | SecretOption> = {};
  for (const [name, value] of Object.entries(values)) {
    if (spec.config[name]?.type !== 'secret') options[name] = value;
    // Juju gives an empty text for an option that was emptied.
    else if (value !== '') options[name] = new OptionSecret(String(value), secrets);
  }
  return options;
}

class OptionSecret implements SecretOption {
  readonly uri: string;
  readonly #secrets: Secrets;

  constructor(uri: string, secrets: Secrets) {
    this.uri = uri;
    this.#secrets = secrets;
  }

  content(which: 'tracked' | 'latest' = 'tracked'): Promise<SecretContent> {
    return this.#secrets.read(this.uri, which);
  }

  toJSON(): string {
    return this.uri;
  }
}
