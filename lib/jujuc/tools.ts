/** Every hook tool by name: the list a unit's tools folder holds. */
import { actionFail, actionGet, actionLog, actionSet } from './action.ts';
import { configGet, credentialGet, goalState, networkGet, resourceGet, unitGet } from './info.ts';
import {
  addMetric,
  applicationVersionSet,
  jujuLog,
  jujuReboot,
  leaderGet,
  leaderSet,
  payload,
  podSpecTool,
} from './lifecycle.ts';
import { closePort, openedPorts, openPort } from './ports.ts';
import { relationGet, relationIds, relationList, relationModelGet, relationSet } from './relation.ts';
import {
  secretAdd,
  secretGet,
  secretGrant,
  secretIds,
  secretInfoGet,
  secretRemove,
  secretRevoke,
  secretSet,
} from './secret.ts';
import { stateDelete, stateGet, stateSet } from './state.ts';
import { isLeader, statusGet, statusSet } from './status.ts';
import { storageAdd, storageGet, storageList } from './storage.ts';
import type { Tool } from './tool.ts';

/** Every hook tool, by its name. */
export const TOOLS: Readonly<Record<string, Tool>> = {
  'action-fail': actionFail,
  'action-get': actionGet,
  'action-log': actionLog,
  'action-set': actionSet,
  'add-metric': addMetric,
  'application-version-set': applicationVersionSet,
  'close-port': closePort,
  'config-get': configGet,
  'credential-get': credentialGet,
  'goal-state': goalState,
  'is-leader': isLeader,
  'juju-log': jujuLog,
  'juju-reboot': jujuReboot,
  'k8s-raw-get': podSpecTool('k8s-raw-get'),
  'k8s-raw-set': podSpecTool('k8s-raw-set'),
  'k8s-spec-get': podSpecTool('k8s-spec-get'),
  'k8s-spec-set': podSpecTool('k8s-spec-set'),
  'leader-get': leaderGet,
  'leader-set': leaderSet,
  'network-get': networkGet,
  'open-port': openPort,
  'opened-ports': openedPorts,
  'payload-register': payload,
  'payload-status-set': payload,
  'payload-unregister': payload,
  'pod-spec-get': podSpecTool('pod-spec-get'),
  'pod-spec-set': podSpecTool('pod-spec-set'),
  'relation-get': relationGet,
  'relation-ids': relationIds,
  'relation-list': relationList,
  'relation-model-get': relationModelGet,
  'relation-set': relationSet,
  'resource-get': resourceGet,
  'secret-add': secretAdd,
  'secret-get': secretGet,
  'secret-grant': secretGrant,
  'secret-ids': secretIds,
  'secret-info-get': secretInfoGet,
  'secret-remove': secretRemove,
  'secret-revoke': secretRevoke,
  'secret-set': secretSet,
  'state-delete': stateDelete,
  'state-get': stateGet,
  'state-set': stateSet,
  'status-get': statusGet,
  'status-set': statusSet,
  'storage-add': storageAdd,
  'storage-get': storageGet,
  'storage-list': storageList,
  'unit-get': unitGet,
};
