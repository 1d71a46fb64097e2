/** Names of an action's results. */

/** As Juju accepts them from `action-set`. */
export const RESULT_KEY = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;

/** Juju keeps these for what the action's process prints. */
export const RESERVED_RESULTS: ReadonlySet<string> = new Set([
  'stdout',
  'stdout-encoding',
  'stderr',
  'stderr-encoding',
]);
