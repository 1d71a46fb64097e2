/**
 * The environment of one hook, and what its hook tools take as their context. Source: Juju's
 * internal/worker/uniter/runner/context (HookVars).
 */
import { hookName, type JujuEvent } from '../events/event.ts';
import type { HookScope } from './view.ts';

/** What makes a unit run its charm: an event, or a command of `juju exec`. */
export type HookCause = JujuEvent | { readonly kind: 'exec' };

/** What the environment of a hook is made of. */
export interface HookEnvironmentInput {
  readonly cause: HookCause;
  /** `mimir-k8s/0` */
  readonly unit: string;
  readonly model: { readonly name: string; readonly uuid: string };
  readonly charmDir: string;
  /** `3.6.14` */
  readonly jujuVersion: string;
  /** 32 hex digits that make the context's id unique. */
  readonly nonce: string;
  /** What `PATH` becomes: the tools' folder, then the agent's own. */
  readonly path: string;
  readonly agentSocket: string;
  readonly apiAddresses?: readonly string[];
  /** Version of the Kubernetes server. */
  readonly cloudApiVersion?: string;
  readonly proxy?: {
    readonly http?: string;
    readonly https?: string;
    readonly ftp?: string;
    readonly no?: string;
  };
  /** The agent's own environment: its `KUBERNETES_*` variables go on to the hook. */
  readonly agentEnv?: Readonly<Record<string, string | undefined>>;
  /** For storage events; `filesystem` when absent. */
  readonly storageKind?: 'filesystem' | 'block';
}

const KUBERNETES = [
  'KUBERNETES_PORT',
  'KUBERNETES_PORT_443_TCP',
  'KUBERNETES_PORT_443_TCP_ADDR',
  'KUBERNETES_PORT_443_TCP_PORT',
  'KUBERNETES_PORT_443_TCP_PROTO',
  'KUBERNETES_SERVICE_HOST',
  'KUBERNETES_SERVICE_PORT',
  'KUBERNETES_SERVICE_PORT_HTTPS',
] as const;

/** The whole environment: nothing else is set in a hook. */
export function hookEnvironment(input: HookEnvironmentInput): Record<string, string> {
  const { cause, unit, proxy = {} } = input;
  const isHook = cause.kind !== 'exec' && cause.kind !== 'action';
  return {
    CHARM_DIR: input.charmDir,
    JUJU_CHARM_DIR: input.charmDir,
    JUJU_CONTEXT_ID: `${unit}-${cause.kind === 'exec' ? 'run-commands' : hookName(cause)}-${input.nonce}`,
    JUJU_HOOK_NAME: isHook ? hookName(cause) : '',
    ...dispatchPath(cause),
    JUJU_UNIT_NAME: unit,
    JUJU_MODEL_NAME: input.model.name,
    JUJU_MODEL_UUID: input.model.uuid,
    JUJU_API_ADDRESSES: (input.apiAddresses ?? []).join(' '),
    JUJU_AGENT_SOCKET_ADDRESS: input.agentSocket,
    JUJU_AGENT_SOCKET_NETWORK: 'unix',
    JUJU_VERSION: input.jujuVersion,
    CLOUD_API_VERSION: input.cloudApiVersion ?? '',
    JUJU_MACHINE_ID: '',
    JUJU_AVAILABILITY_ZONE: '',
    JUJU_PRINCIPAL_UNIT: '',
    JUJU_CHARM_HTTP_PROXY: proxy.http ?? '',
    JUJU_CHARM_HTTPS_PROXY: proxy.https ?? '',
    JUJU_CHARM_FTP_PROXY: proxy.ftp ?? '',
    JUJU_CHARM_NO_PROXY: proxy.no ?? '',
    ...versionVariables(input.jujuVersion),
    ...copied(input.agentEnv ?? {}),
    PATH: input.path,
    APT_LISTCHANGES_FRONTEND: 'none',
    DEBIAN_FRONTEND: 'noninteractive',
    LANG: 'C.UTF-8',
    TERM: 'tmux-256color',
    ...causeVariables(cause, input.storageKind ?? 'filesystem'),
  };
}

function dispatchPath(cause: HookCause): Record<string, string> {
  if (cause.kind === 'exec') return {};
  return { JUJU_DISPATCH_PATH: `${cause.kind === 'action' ? 'actions' : 'hooks'}/${hookName(cause)}` };
}

function versionVariables(version: string): Record<string, string> {
  if (Number.parseInt(version, 10) < 4) return { JUJU_SLA: 'unsupported' };
  return {
    JUJU_CHARM_TRACE_CONFIG_HTTP: '',
    JUJU_CHARM_TRACE_CONFIG_GRPC: '',
    JUJU_CHARM_TRACE_CONFIG_CA_CERT: '',
  };
}

function copied(agentEnv: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of KUBERNETES) {
    const value = agentEnv[name];
    if (value !== undefined) found[name] = value;
  }
  return found;
}

function causeVariables(cause: HookCause, storageKind: string): Record<string, string> {
  switch (cause.kind) {
    case 'relation-created':
    case 'relation-broken':
      return relationVariables(cause, '');
    case 'relation-changed':
      return relationVariables(cause, cause.remoteUnit ?? '');
    case 'relation-joined':
      return relationVariables(cause, cause.remoteUnit);
    case 'relation-departed':
      return { ...relationVariables(cause, cause.remoteUnit), JUJU_DEPARTING_UNIT: cause.departingUnit };
    case 'storage-attached':
    case 'storage-detaching':
      return {
        JUJU_STORAGE_ID: cause.storageId,
        JUJU_STORAGE_LOCATION: cause.location,
        JUJU_STORAGE_KIND: storageKind,
      };
    case 'pebble-ready':
      return { JUJU_WORKLOAD_NAME: cause.container };
    case 'pebble-custom-notice':
      return {
        JUJU_WORKLOAD_NAME: cause.container,
        JUJU_NOTICE_ID: cause.notice.id,
        JUJU_NOTICE_TYPE: cause.notice.type,
        JUJU_NOTICE_KEY: cause.notice.key,
      };
    case 'pebble-check-failed':
    case 'pebble-check-recovered':
      return { JUJU_WORKLOAD_NAME: cause.container, JUJU_PEBBLE_CHECK_NAME: cause.check };
    case 'secret-changed':
    case 'secret-rotate':
      return secretVariables(cause);
    case 'secret-expired':
    case 'secret-remove':
      return { ...secretVariables(cause), JUJU_SECRET_REVISION: `${cause.revision}` };
    case 'action':
      return {
        JUJU_ACTION_NAME: cause.action,
        JUJU_ACTION_UUID: cause.taskId,
        JUJU_ACTION_TAG: `action-${cause.taskId}`,
      };
    default:
      return {};
  }
}

function relationVariables(
  event: { readonly endpoint: string; readonly relationId: number; readonly remoteApp: string },
  remoteUnit: string,
): Record<string, string> {
  return {
    JUJU_RELATION: event.endpoint,
    JUJU_RELATION_ID: `${event.endpoint}:${event.relationId}`,
    JUJU_REMOTE_APP: event.remoteApp,
    JUJU_REMOTE_UNIT: remoteUnit,
  };
}

function secretVariables(event: {
  readonly secretId: string;
  readonly label?: string;
}): Record<string, string> {
  const uri = event.secretId.startsWith('secret:') ? event.secretId : `secret:${event.secretId}`;
  return { JUJU_SECRET_ID: uri, JUJU_SECRET_LABEL: event.label ?? '' };
}

/** What the hook tools of this hook take for granted. `params` are an action's. */
export function hookScope(cause: HookCause, params: Readonly<Record<string, unknown>> = {}): HookScope {
  if (cause.kind === 'exec') return { hook: '' };
  if (cause.kind === 'action') return { hook: '', action: { name: cause.action, params } };
  const hook = hookName(cause);
  if ('storageId' in cause) return { hook, storageId: cause.storageId };
  if (!('relationId' in cause)) return { hook };
  const { endpoint, relationId: id, remoteApp } = cause;
  const remoteUnit = 'remoteUnit' in cause ? cause.remoteUnit : undefined;
  return {
    hook,
    relation: { endpoint, id, remoteApp, ...(remoteUnit === undefined ? {} : { remoteUnit }) },
  };
}
