/** A span for each question to a container's Pebble, with the names that ops gives them. */
import type { SpanAttributes, Tracer } from '../model/tracer.ts';
import type { ExecProcess, Pebble } from '../pebble/pebble.ts';

interface Described<A extends readonly unknown[]> {
  /** What ops calls it, where that is not this method's own name. */
  readonly name?: string;
  readonly attributes?: (...args: A) => SpanAttributes;
}

/** Methods whose arguments may be shown, all but contents. One that is not here shows no argument at all. */
const METHODS: { readonly [M in keyof Pebble]?: Described<Parameters<Pebble[M]>> } = {
  systemInfo: { name: 'get_system_info' },
  canConnect: { name: 'get_system_info' },
  health: { name: 'get_health' },
  addLayer: { attributes: (label, _layer, options) => ({ label, combine: options?.combine ?? false }) },
  plan: { name: 'get_plan' },
  planYaml: { name: 'get_plan' },
  services: { name: 'get_services', attributes: (names = []) => ({ names }) },
  start: { name: 'start_services', attributes: (services) => ({ services }) },
  stop: { name: 'stop_services', attributes: (services) => ({ services }) },
  restart: { name: 'restart_services', attributes: (services) => ({ services }) },
  autostart: { name: 'autostart_services' },
  replan: { name: 'replan_services' },
  sendSignal: { attributes: (signal, services) => ({ signal, services }) },
  checks: {
    name: 'get_checks',
    attributes: ({ level, names = [] } = {}) => ({ ...(level && { level }), names }),
  },
  startChecks: { attributes: (checks) => ({ checks }) },
  stopChecks: { attributes: (checks) => ({ checks }) },
  pull: { attributes: (path) => ({ path }) },
  pullText: { name: 'pull', attributes: (path) => ({ path }) },
  push: { attributes: (path) => ({ path }) },
  list: { name: 'list_files', attributes: (path) => ({ path }) },
  exists: { name: 'list_files', attributes: (path) => ({ path }) },
  makeDir: { attributes: (path) => ({ path }) },
  remove: { name: 'remove_path', attributes: (path) => ({ path }) },
  exec: { attributes: ([executable = '']) => ({ executable }) },
  notify: { attributes: (key) => ({ type: 'custom', key }) },
  notice: { name: 'get_notice', attributes: (id) => ({ id }) },
  notices: { name: 'get_notices' },
  warnings: { name: 'get_warnings' },
  change: { name: 'get_change' },
  changes: { name: 'get_changes' },
  identities: { name: 'get_identities' },
};

/** A Pebble like this one, whose calls are spans `pebble get_services` and so on. */
export function tracedPebble(tracer: Tracer, container: string, pebble: Pebble): Pebble {
  const socket = { 'pebble.socket_path': `/charm/containers/${container}/pebble.socket` };
  return new Proxy(pebble, {
    get(target, property) {
      const method: unknown = Reflect.get(target, property, target);
      if (typeof property !== 'string' || typeof method !== 'function') return method;
      const { name, attributes } = describe(property);
      return (...args: readonly unknown[]) =>
        tracer.span(`pebble ${name}`, { ...socket, ...attributes(args) }, async () => {
          const result: unknown = await Reflect.apply(method, target, args);
          return property === 'exec' ? tracedProcess(tracer, socket, result as ExecProcess) : result;
        });
    },
  });
}

function describe(method: string): {
  readonly name: string;
  readonly attributes: (args: readonly unknown[]) => SpanAttributes;
} {
  // The arguments are those of the method of that name: whoever calls the proxy was held to the type of a Pebble.
  const described = (METHODS as Readonly<Record<string, Described<readonly unknown[]>>>)[method];
  const name = described?.name ?? method.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return { name, attributes: (args) => described?.attributes?.(...args) ?? {} };
}

/** A command's end is what takes time; its streams and signals are left as they are. */
function tracedProcess(tracer: Tracer, socket: SpanAttributes, process: ExecProcess): ExecProcess {
  const watched: Pick<ExecProcess, 'wait' | 'output'> = {
    wait: () => tracer.span('pebble wait', socket, () => process.wait()),
    output: () => tracer.span('pebble wait_output', socket, () => process.output()),
  };
  return new Proxy(process, {
    get(target, property) {
      if (property === 'wait' || property === 'output') return watched[property];
      const member: unknown = Reflect.get(target, property, target);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}
