import type { Pebble } from 'charmwright/pebble';

/** A container of the case's own. */
export interface WorkloadBed {
  readonly pebble: Pebble;
  /** A folder in it that exists and is empty. */
  readonly dir: string;
  /** A label that nobody else has: on a real Pebble, records stand in the machine's own folders. */
  readonly label: string;
  /** The command of a service that runs on; `starts` tells of it. */
  command(service: string): string;
  /** The command of the service `bad`, which says "cannot open the disk" and exits at once. */
  readonly failing: string;
  /** From now on, `bad` runs on with the command of `good`. */
  mend(): void;
  /** The names of the services that were started since the last question, in order. */
  starts(): Promise<readonly string[]>;
}

/** Where what is known of a workload may stand. */
export function recordsOf(label: string): readonly string[] {
  return [`/var/lib/charmwright/${label}.json`, `/tmp/charmwright/${label}.json`];
}

/** The order of calls, and a way to end the caller in the middle of them. */
export interface Watched {
  readonly pebble: Pebble;
  readonly calls: readonly string[];
  /** Settles when the caller is cut off. */
  readonly cut: Promise<'cut'>;
}

/** After so many calls to Pebble, the caller hears nothing any more. */
export interface Cut {
  readonly after: number;
  /** How far the last of them comes: not to Pebble, begun and not waited for, or to its end. */
  readonly last: 'never' | 'begun' | 'done';
  /** Whether the caller learns that Pebble is away, or is dead itself. */
  readonly hears: 'error' | 'nothing';
}

const ACTIONS = new Set(['start', 'stop', 'restart']);

/** A Pebble that notes its calls. */
export function watched(pebble: Pebble, cut?: Cut, away: () => Error = () => new Error('away')): Watched {
  const calls: string[] = [];
  const end = Promise.withResolvers<'cut'>();
  const watching = new Proxy(pebble, {
    get: (target, name) => {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== 'function' || typeof name !== 'string') return method;
      return async (...args: readonly unknown[]) => {
        calls.push(name);
        const isLast = cut !== undefined && calls.length >= cut.after;
        const isBeyond = cut !== undefined && calls.length > cut.after;
        if (!isLast) return Reflect.apply(method, target, args);
        if (!isBeyond && cut.last !== 'never') {
          const begun = cut.last === 'begun' && ACTIONS.has(name) ? [args[0], { timeoutMs: 0 }] : args;
          await Promise.resolve(Reflect.apply(method, target, begun)).catch(() => undefined);
        }
        if (cut.hears === 'error') throw away();
        end.resolve('cut');
        return new Promise(() => {});
      };
    },
  });
  return { pebble: watching, calls, cut: end.promise };
}
