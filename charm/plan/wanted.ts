/** What this unit's Mimir is started with, whoever has decided it: this application, or the one that leads it. */
import type { Settings } from '../../relations/mimir-cluster.ts';
import type { Inputs } from './inputs.ts';
import type { Endpoint } from './layer.ts';
import { mimirConfig, type Store } from './mimir-config.ts';
import type { Options } from './options.ts';
import { COMPONENTS, type Component } from './roles.ts';

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

/** With those that it may not give away yet. */
export function componentsToRun(
  { held = [] }: Pick<Inputs, 'held'>,
  { components }: Pick<Wanted, 'components'>,
): readonly Component[] {
  return COMPONENTS.filter((component) => components.includes(component) || held.includes(component));
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

/** Undefined for a text that names no host and port. */
export function endpointOf(text: string, insecure: boolean): Endpoint | undefined {
  const url = `tcp://${text}`;
  if (!URL.canParse(url)) return undefined;
  const { hostname, port } = new URL(url);
  return {
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? (insecure ? 80 : 443) : Number(port),
  };
}
