/**
 * Traces of a charm's dispatches: a part that asks the other side of a `tracing` relation where to send them, and has
 * them recorded, kept and sent while there is such a relation.
 */
import { definePart, type Part } from '../charm.ts';
import { SpecError, type SpecFault } from '../errors.ts';
import type { Juju } from '../model/juju.ts';
import type { Relation } from '../model/relation.ts';
import type { Watched } from '../model/tracer.ts';
import type { CharmSpec, EndpointSpec } from '../spec/spec.ts';
import type { EndpointName } from '../spec/types.ts';
import { DESTINATION_FILE, destinationAt, formatDestination, isHttp } from './destination.ts';
import {
  appCertificates,
  CERTIFICATES_REQUEST,
  receiverUrl,
  TRACING_REQUEST,
  unitCertificates,
} from './relation-data.ts';
import { watchDispatch } from './watch.ts';

/** The charm's endpoints that require this interface. */
type Requirer<S extends CharmSpec, I extends string> = {
  [N in EndpointName<S>]: S['endpoints'][N] extends { readonly role: 'requires'; readonly interface: I }
    ? N
    : never;
}[EndpointName<S>];

/** Over which endpoints traces go, and whose certificates their collector may have. */
export type TracingOptions<S extends CharmSpec> = {
  /** An endpoint that requires the interface `tracing`: `charm-tracing`. Give it `limit: 1` and `optional: true`. */
  readonly endpoint: Requirer<S, 'tracing'>;
} & (
  | {
      /**
       * An endpoint that requires the interface `certificate_transfer`: `receive-ca-cert`. A collector with https is
       * sent nothing before a certificate has come from there.
       */
      readonly caEndpoint?: Requirer<S, 'certificate_transfer'>;
      readonly ca?: never;
    }
  | {
      readonly caEndpoint?: never;
      /** Certificates to trust, one PEM text. With neither, the system's are trusted. */
      readonly ca?: string;
    }
);

/** Events of the endpoints after which the destination may be another. */
const KINDS = ['created', 'joined', 'changed', 'departed', 'broken'] as const;

/**
 * Records each dispatch as an OpenTelemetry trace, and sends it over the `tracing` relation. Without the relation
 * nothing is recorded, and nothing loaded.
 *
 * @example
 * export const web = defineCharm(spec, {
 *   parts: [tracing(spec, { endpoint: 'charm-tracing', caEndpoint: 'receive-ca-cert' })],
 *   reconcile,
 * });
 * @throws SpecError when an endpoint is not in metadata.yaml, or is there with another role or interface. TypeScript
 * says so before.
 */
export function tracing<S extends CharmSpec>(spec: S, options: TracingOptions<S>): Part {
  const { endpoint, caEndpoint, ca } = options;
  const faults = [
    ...endpointFaults(spec, endpoint, 'tracing'),
    ...(caEndpoint === undefined ? [] : endpointFaults(spec, caEndpoint, 'certificate_transfer')),
    ...(caEndpoint === undefined || ca === undefined
      ? []
      : [fault('ca', 'caEndpoint is a source of certificates already; give one of them')]),
  ];
  if (faults.length > 0) throw new SpecError(faults);
  const endpoints = [endpoint, ...(caEndpoint === undefined ? [] : [caEndpoint])];
  const hooks = [
    ...['start', 'upgrade-charm', 'leader-elected'],
    ...endpoints.flatMap((name) => KINDS.map((kind) => `${name}-relation-${kind}`)),
  ];
  const look = (juju: Juju) => findDestination(juju, { endpoint, caEndpoint, ca });
  return definePart({
    name: 'tracing',
    on: Object.fromEntries(hooks.map((hook) => [hook, look])),
    watch: (watched) => watch(spec, endpoints, watched),
    sendTraces: async (folder) => (await import('./send.ts')).sendTraces(folder),
  });
}

function endpointFaults(spec: CharmSpec, name: string, wanted: string): readonly SpecFault[] {
  const declared: EndpointSpec | undefined = spec.endpoints[name];
  if (declared === undefined)
    return [fault(name, 'metadata.yaml has no such endpoint; add it under "requires"')];
  const { role, interface: has } = declared;
  return [
    ...(role === 'requires' ? [] : [fault(name, `metadata.yaml has it as "${role}"; "requires" is needed`)]),
    ...(has === wanted ? [] : [fault(name, `its interface is "${has}"; "${wanted}" is needed`)]),
  ];
}

function fault(key: string, problem: string): SpecFault {
  return { file: 'tracing', key, problem };
}

/** Hooks that may find a relation of which nothing is known yet: after a new pod, or when it was just made. */
function mayFindOne(env: Watched['env'], endpoints: readonly string[]): boolean {
  const hook = env.JUJU_HOOK_NAME ?? '';
  return (
    hook === 'start' ||
    hook === 'upgrade-charm' ||
    endpoints.some((name) => hook.startsWith(`${name}-relation-`))
  );
}

function watch(spec: CharmSpec, endpoints: readonly string[], watched: Watched) {
  const known = watched.files.read(DESTINATION_FILE);
  if (known === undefined && !mayFindOne(watched.env, endpoints)) return undefined;
  return watchDispatch(spec.name, watched, known);
}

interface Sources {
  readonly endpoint: string;
  readonly caEndpoint: string | undefined;
  readonly ca: string | undefined;
}

/** Everything is looked at anew, so that the order of events does not matter. */
async function findDestination(juju: Juju, { endpoint, caEndpoint, ca }: Sources): Promise<void> {
  const relation = await onlyRelation(juju, endpoint);
  const authorities = caEndpoint === undefined ? [] : await juju.relations(caEndpoint);
  if (await juju.isLeader()) {
    await relation?.publishApp(TRACING_REQUEST);
    for (const authority of authorities) await authority.publishApp(CERTIFICATES_REQUEST);
  }
  if (relation === undefined) return juju.files.remove(DESTINATION_FILE);
  const base = receiverUrl(await relation.remoteAppData());
  if (base !== undefined && base !== '' && !isHttp(base))
    juju.log.warn(`no traces are sent to ${base}: it is no HTTP or HTTPS URL`);
  const text = formatDestination(
    destinationAt(base, caEndpoint === undefined ? ca : await certificatesOf(authorities)),
  );
  if (juju.files.read(DESTINATION_FILE) !== text) juju.files.write(DESTINATION_FILE, text);
}

/** Several cannot all be asked: with `limit: 1` in metadata.yaml Juju refuses a second one. */
async function onlyRelation(juju: Juju, endpoint: string): Promise<Relation | undefined> {
  const [relation, ...others] = await juju.relations(endpoint);
  if (others.length === 0) return relation;
  juju.log.warn(
    `no traces are sent while ${endpoint} has ${others.length + 1} relations; give it "limit: 1"`,
  );
  return undefined;
}

/** Of all of them, as one text in a stable order; the empty text when there are none yet. */
async function certificatesOf(authorities: readonly Relation[]): Promise<string> {
  const all = await Promise.all(authorities.map(certificatesFrom));
  return [...new Set(all.flat())].toSorted().join('\n');
}

async function certificatesFrom(authority: Relation): Promise<readonly string[]> {
  const all = appCertificates(await authority.remoteAppData());
  const [unit] = await authority.units();
  return all.length > 0 || unit === undefined ? all : unitCertificates(await authority.remoteUnitData(unit));
}
