import { ActionFailed, type ActionHandler, type EndpointSchemas, type Juju, stableJson } from 'charmwright';
import { ConnectionError, type Pebble } from 'charmwright/pebble';
import * as z from 'zod/mini';
import { publishAgreement } from '../charm/apply.ts';
import type { Spec } from '../charm/generated.ts';
import { readThoseThere } from '../charm/pebble-files.ts';
import { CONFIG_FILE, CONTAINER, TENANT_LIMITS_FILE } from '../charm/plan/paths.ts';
import { reconcile } from '../charm/reconcile.ts';
import { tenantLimitsFrom } from '../charm/tenant-limits/file.ts';
import { refusedLimits, settingsIn } from '../charm/tenant-limits/judge.ts';
import { checkTenantLimits, type Limits, merged, type TenantLimits } from '../charm/tenant-limits/limits.ts';
import { recordOf } from '../charm/tenant-limits/record.ts';
import { readYaml } from '../charm/yaml-text.ts';
import { checkTenant } from './mimir.ts';
import { knownLimits, orFail } from './tenant-limits.ts';

/**
 * Only the leader may tell the other units. It keeps what was set, and then does what every hook does, which writes the
 * file for Mimir.
 */
export const setTenantLimits: ActionHandler<Spec, 'set-tenant-limits', EndpointSchemas<Spec>> = async ({
  juju,
  params,
}) => {
  const { tenant, mode } = params;
  await checkLeader(juju);
  await checkTenant(juju, tenant);
  const { option, action, agreement } = await knownLimits(juju);
  const before = action[tenant] ?? {};
  const after = changedLimits(before, readLimits(params.limits), mode);
  const set: TenantLimits = orFail(
    'the limits are not valid',
    checkTenantLimits({ ...action, [tenant]: after }),
  );
  const result = {
    tenant,
    'dry-run': params['dry-run'],
    changed: stableJson(before) !== stableJson(after),
    limits: stableJson(merged(option, set)[tenant]),
  };
  const record = recordOf(set);
  await checkWithMimir(juju, record);
  if (result['dry-run'] || !result.changed) return result;
  await publishAgreement(juju, { leader: true }, { ...agreement, tenantLimits: record });
  await reconcile(juju, juju.event);
  return result;
};

async function checkLeader(juju: Juju<Spec>): Promise<void> {
  if (await juju.isLeader()) return;
  throw new ActionFailed(
    `${juju.unit} does not lead, and cannot tell the other units: juju run ${juju.app}/leader set-tenant-limits ...`,
  );
}

const shape = z.record(z.string(), z.unknown());

/** Given as text, or as Juju has already read it from YAML. */
function readLimits(given: string | object | null): Limits {
  const yaml = typeof given === 'string' ? readYaml(given) : { ok: true as const, value: given };
  if (!yaml.ok) throw new ActionFailed(`limits is not YAML: ${yaml.problem}`);
  const limits = shape.safeParse(yaml.value ?? {});
  if (limits.success) return limits.data;
  throw new ActionFailed('limits must map limits to values: limits="{ingestion_rate: 50000}"');
}

function changedLimits(before: Limits, given: Limits, mode: 'merge' | 'replace'): Limits {
  if (Object.keys(given).length === 0) return {};
  const all = mode === 'merge' ? { ...before, ...given } : given;
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null));
}

/** Those that go only with others are Mimir's to judge. While it cannot be asked, the next hook does. */
async function checkWithMimir(juju: Juju<Spec>, record: string | undefined): Promise<void> {
  const pebble = juju.container(CONTAINER);
  const [options, files] = await Promise.all([juju.config(), filesOf(pebble)]);
  const config = files[CONFIG_FILE];
  if (config === undefined) return;
  const inUse = files[TENANT_LIMITS_FILE];
  const wanted = await tenantLimitsFrom({ option: options['tenant-limits'], record }, inUse);
  if (wanted?.kind !== 'fine') return;
  const refusal = await refusedLimits(pebble, settingsIn(config), wanted.content, inUse);
  if (refusal !== undefined) throw new ActionFailed(`${refusal}; nothing was changed`);
}

async function filesOf(pebble: Pebble): Promise<Readonly<Record<string, string>>> {
  try {
    return await readThoseThere(pebble, [CONFIG_FILE, TENANT_LIMITS_FILE]);
  } catch (error) {
    if (error instanceof ConnectionError) return {};
    throw error;
  }
}
