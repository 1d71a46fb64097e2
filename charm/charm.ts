/** The Mimir charm, declared. */
import { defineCharm } from 'charmwright';
import { tracing } from 'charmwright/tracing';
import { spec } from './generated.ts';
import { reconcile } from './reconcile.ts';

export const mimir = defineCharm(spec, {
  parts: [tracing(spec, { endpoint: 'charm-tracing', caEndpoint: 'receive-ca-cert' })],
  reconcile,
  // Loaded when they are run: every dispatch pays for what is loaded with the charm.
  actions: {
    'upload-rules': async (action) => (await import('../actions/upload-rules.ts')).uploadRules(action),
    'list-rules': async (action) => (await import('../actions/list-rules.ts')).listRules(action),
    'delete-rules': async (action) => (await import('../actions/delete-rules.ts')).deleteRules(action),
    'set-alertmanager-config': async (action) =>
      (await import('../actions/set-alertmanager-config.ts')).setAlertmanagerConfig(action),
    'show-alertmanager-config': async (action) =>
      (await import('../actions/show-alertmanager-config.ts')).showAlertmanagerConfig(action),
    'flush-ingesters': async (action) =>
      (await import('../actions/flush-ingesters.ts')).flushIngesters(action),
    drain: async (action) => (await import('../actions/drain.ts')).drain(action),
    'ring-status': async (action) => (await import('../actions/ring-status.ts')).ringStatus(action),
    'show-config': async (action) => (await import('../actions/show-config.ts')).showConfig(action),
    'set-tenant-limits': async (action) =>
      (await import('../actions/set-tenant-limits.ts')).setTenantLimits(action),
    'show-tenant-limits': async (action) =>
      (await import('../actions/show-tenant-limits.ts')).showTenantLimits(action),
    'delete-tenant': async (action) => (await import('../actions/delete-tenant.ts')).deleteTenant(action),
    'show-cardinality': async (action) =>
      (await import('../actions/show-cardinality.ts')).showCardinality(action),
    'show-stats': async (action) => (await import('../actions/show-stats.ts')).showStats(action),
  },
});
