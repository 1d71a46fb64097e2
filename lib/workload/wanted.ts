/** What a charm wants of a container, and what of it goes into the layer. Pure. */
import { createHash } from 'node:crypto';
import { CharmwrightError } from '../errors.ts';
import type { Check, Layer, LogTarget, Override, Service } from '../pebble/layer.ts';
import type { Ownership } from '../pebble/types.ts';

/** An entry of the layer; `override: replace` unless it says otherwise. */
export type Wanted<Entry> = Omit<Entry, 'override'> & { readonly override?: Override };

/** A file that the container shall have. Its directories are made if need be, with permissions 0755. */
export interface WantedFile<S extends string = string> extends Ownership {
  readonly content: string | Uint8Array;
  /** `0o000` to `0o777`; 0644 when absent. */
  readonly permissions?: number;
  /**
   * The services that read it when they start: they are restarted when the content changes, and only then. A service
   * that looks at the file again by itself is none of them.
   */
  readonly readBy?: readonly S[];
}

/** What a container shall be like. `S`: the names of its services. */
export interface Workload<S extends string = string> {
  /** Of the layer in Pebble. Whoever converges in the same container too takes another. */
  readonly label: string;
  /**
   * With `startup: 'enabled'` a service shall run; any other is left running or stopped, as it is. Those that a later
   * workload of the same label does not name any more are stopped, and started by nobody again.
   */
  readonly services?: Readonly<Record<S, Wanted<Service>>>;
  readonly checks?: Readonly<Record<string, Wanted<Check>>>;
  readonly logTargets?: Readonly<Record<string, Wanted<LogTarget>>>;
  /**
   * By absolute path, in the order in which they are written: a file that names others comes after them. `null` removes
   * a file; one that is not named any more is left alone.
   */
  readonly files?: Readonly<Record<string, WantedFile<NoInfer<S>> | null>>;
}

/** Names of entries that an earlier workload had and this one has not. */
export interface Retired {
  readonly services: readonly string[];
  readonly checks: readonly string[];
  readonly 'log-targets': readonly string[];
}

/** In the environment of a service: a digest of the files that it reads. A change of it restarts the service. */
export const FILES_VARIABLE = 'CHARMWRIGHT_FILES';

export function wantedLayer(workload: Workload, retired: Retired): Layer {
  const services = Object.entries(workload.services ?? {}).map(([name, service]): [string, Service] => {
    const digest = filesDigest(workload, name);
    const environment = digest === undefined ? {} : { [FILES_VARIABLE]: digest };
    return [
      name,
      {
        override: 'replace',
        ...service,
        ...(digest === undefined ? {} : { environment: { ...service.environment, ...environment } }),
      },
    ];
  });
  const layer = {
    services: { ...entries(retired.services, RETIRED), ...Object.fromEntries(services) },
    checks: { ...entries(retired.checks, RETIRED), ...replacing(workload.checks) },
    'log-targets': { ...entries(retired['log-targets'], SILENT), ...replacing(workload.logTargets) },
  };
  return Object.fromEntries(Object.entries(layer).filter(([, section]) => Object.keys(section).length > 0));
}

export function digestOf(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return hash.digest('hex').slice(0, 32);
}

const RETIRED = { override: 'merge', startup: 'disabled' } as const;
/** The last word of the list decides. */
const SILENT = { override: 'merge', services: ['-all'] } as const;

function entries<Entry>(names: readonly string[], entry: Entry): Readonly<Record<string, Entry>> {
  return Object.fromEntries(names.map((name) => [name, entry]));
}

function replacing<Entry>(
  wanted: Readonly<Record<string, Wanted<Entry>>> = {},
): Readonly<Record<string, Wanted<Entry> & { readonly override: Override }>> {
  const all = Object.entries(wanted).map(
    ([name, entry]) => [name, { override: 'replace' as const, ...entry }] as const,
  );
  return Object.fromEntries(all);
}

/** Of the files that a service reads, whatever the order they are named in; undefined when it reads none. */
function filesDigest({ files = {} }: Workload, service: string): string | undefined {
  const read = Object.entries(files)
    .filter(([, file]) => file?.readBy?.includes(service))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  if (read.length === 0) return undefined;
  return digestOf(...read.flatMap(([path, file]) => [path, file?.content ?? '']));
}

/** @throws CharmwrightError when a file is read by a service that the workload does not have. */
export function checkReaders({ label, services = {}, files = {} }: Workload): void {
  for (const [path, file] of Object.entries(files)) {
    const unknown = file?.readBy?.find((name) => !Object.hasOwn(services, name));
    if (unknown === undefined) continue;
    throw new CharmwrightError(
      `workload "${label}": the file ${path} is read by "${unknown}", which is none of its services ` +
        `(${Object.keys(services).join(', ') || 'none'})`,
    );
  }
}
