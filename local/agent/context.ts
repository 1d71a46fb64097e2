/**
 * One hook context: its environment, its hook tools, its process in the charm container, and at its end what is to
 * be committed. Hooks, actions and `juju exec` all run in one.
 */
import { randomBytes } from 'node:crypto';
import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  type HookCause,
  HookSession,
  hookEnvironment,
  hookScope,
  type Immediate,
  type Pending,
  type UnitView,
} from 'charmwright/juju';
import { charmPaths, type UnitFolders } from '../containers/folders.ts';
import { newSecretId } from '../model/secrets.ts';
import { type Entered, enter } from './process.ts';
import { ToolServer } from './tool-server.ts';

export const JUJU_VERSION = '3.6.14';
/** PATH of the agent in Juju's charm image. */
const AGENT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export interface ContextOptions {
  readonly cause: HookCause;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly command: readonly string[];
  readonly view: UnitView;
  readonly folders: UnitFolders;
  readonly podbox: string;
  /** The charm container's first process. */
  readonly pid: number;
  readonly modelConfig: Readonly<Record<string, string>>;
  readonly storageKind?: 'filesystem' | 'block';
  /** The variables of Kubernetes that the agent itself has. */
  readonly kubernetes: Readonly<Record<string, string>>;
  readonly apply: (effect: Immediate) => void;
  /** Gets hold of the running process, for its output and to end it. */
  readonly running: (process: Entered) => void;
}

export interface ContextEnd {
  readonly code: number;
  readonly pending: Pending;
}

export async function runContext(options: ContextOptions): Promise<ContextEnd> {
  const { cause, view, folders, podbox, pid, params } = options;
  const session = new HookSession(view, hookScope(cause, params), {
    apply: options.apply,
    newSecretId,
    now: () => new Date(),
  });
  const env = environment(options);
  const server = await ToolServer.listen({
    socket: folders.agentSocket,
    contextId: env.JUJU_CONTEXT_ID ?? '',
    session,
    root: `/proc/${pid}/root`,
  });
  try {
    const entered = enter({ podbox, pid, cwd: charmPaths(view.unit).charm, env, command: options.command });
    options.running(entered);
    const code = await entered.exit;
    return { code, pending: session.pending() };
  } finally {
    server.close();
  }
}

function environment({
  cause,
  view,
  modelConfig,
  storageKind,
  kubernetes,
}: ContextOptions): Record<string, string> {
  const paths = charmPaths(view.unit);
  const proxy = (kind: string) => modelConfig[`juju-${kind}-proxy`] ?? '';
  const own = hookEnvironment({
    cause,
    unit: view.unit,
    model: view.model,
    charmDir: paths.charm,
    jujuVersion: JUJU_VERSION,
    nonce: randomBytes(16).toString('hex'),
    path: `${paths.tools}:${AGENT_PATH}`,
    agentSocket: paths.agentSocket,
    apiAddresses: ['10.87.0.1:17070'],
    proxy: { http: proxy('http'), https: proxy('https'), ftp: proxy('ftp'), no: proxy('no') },
    ...(storageKind === undefined ? {} : { storageKind }),
  });
  return { ...own, ...kubernetes };
}

/** Why a charm cannot be run: it is not on the disk. */
export class CharmMissing extends Error {
  override name = 'CharmMissing';
}

/** `dispatch`, else the hook's or action's own file; undefined: the charm has none. Paths are the charm's. */
export function findExecutable(folders: UnitFolders, unit: string, legacy: string): string | undefined {
  if (!isFile(join(folders.charm, 'metadata.yaml'))) throw new CharmMissing('charm missing from disk');
  const found = ['dispatch', legacy].find((file) => isExecutable(join(folders.charm, file)));
  return found === undefined ? undefined : `${charmPaths(unit).charm}/${found}`;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

function isExecutable(path: string): boolean {
  if (!isFile(path)) return false;
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
