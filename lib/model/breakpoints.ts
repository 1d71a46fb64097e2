/** Stops for a debugger, switched on by `JUJU_DEBUG_AT` as in ops; `juju debug-code` sets it. */
import { NotAllowedError } from '../errors.ts';
import type { Environment } from '../events/parse.ts';
import type { Log } from '../log.ts';

export interface Breakpoints {
  /** A place the author named, or none. @throws NotAllowedError for a name that cannot be asked for. */
  at(name: string | undefined): Promise<void>;
  /** The framework's own, before each handler of an event of Juju's. */
  beforeHandler(): Promise<void>;
}

const NAME = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;
const RESERVED: ReadonlySet<string> = new Set(['all', 'hook']);

/** `JUJU_DEBUG_AT=all`, `hook`, or names with commas between them. */
export function breakpointsOf(env: Environment, log: Log, stderr: (text: string) => void): Breakpoints {
  const wanted = new Set((env.JUJU_DEBUG_AT ?? '').split(',').filter((name) => name !== ''));
  let isOpen = false;
  const stop = async (): Promise<void> => {
    if (!isOpen) await open(env, stderr);
    isOpen = true;
    // biome-ignore lint/suspicious/noDebugger: stopping is what a breakpoint is for
    debugger;
  };
  return {
    async at(name) {
      if (name !== undefined) checkName(name);
      if (wanted.size === 0) return;
      if (wanted.has('all') || (name !== undefined && wanted.has(name))) return stop();
      log.warn(`breakpoint "${name ?? ''}" is skipped: JUJU_DEBUG_AT is ${[...wanted].join(',')}`);
    },
    async beforeHandler() {
      if (wanted.has('all') || wanted.has('hook')) await stop();
    },
  };
}

function checkName(name: string): void {
  if (RESERVED.has(name))
    throw new NotAllowedError(
      `cannot name a breakpoint "${name}": JUJU_DEBUG_AT knows it as a word of its own`,
    );
  if (!NAME.test(name))
    throw new NotAllowedError(
      `cannot name a breakpoint "${name}": use lower-case letters, digits and hyphens, such as "before-restart"`,
    );
}

/** Starts Node's inspector and waits until a debugger is attached. */
async function open(env: Environment, stderr: (text: string) => void): Promise<void> {
  const inspector = await import('node:inspector');
  if (inspector.url() === undefined) {
    const [, host = '127.0.0.1', port = '9229'] = /^(.*):(\d+)$/.exec(env.CHARMWRIGHT_INSPECT ?? '') ?? [];
    inspector.open(Number(port), host);
    stderr(
      `This hook waits for a debugger at ${inspector.url() ?? `${host}:${port}`}.\n` +
        'Attach one, for instance with "node inspect 127.0.0.1:9229", or with Chrome at chrome://inspect after\n' +
        '"kubectl port-forward POD 9229". CHARMWRIGHT_INSPECT=HOST:PORT chooses another address.\n',
    );
  }
  inspector.waitForDebugger();
}
