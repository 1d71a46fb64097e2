/** The limits of option and action, as the body of the file that Mimir reads. */
import { stableJson } from 'charmwright';
import type { LimitSources } from '../plan/inputs.ts';
import { merged, parseTenantLimits, type TenantLimits, told } from './limits.ts';
import { tenantsOf } from './record.ts';

export type Rendered =
  | { readonly ok: true; readonly body: string }
  /** `reason` begins with where it was said. */
  | { readonly ok: false; readonly reason: string };

export function rendered({ option, record }: LimitSources): Rendered {
  const configured = parseTenantLimits(option);
  if (!configured.ok) return { ok: false, reason: `tenant-limits: ${told(configured.problems)}` };
  const set = tenantsOf(record);
  if (!set.ok) return { ok: false, reason: `set-tenant-limits: ${told(set.problems)}` };
  return { ok: true, body: bodyOf(merged(configured.value, set.value)) };
}

const NOTE =
  '# Written by the charm; changes made here are overwritten. Those made in overrides.yaml are not.\n';

/** A line for each tenant. JSON is YAML. */
function bodyOf(tenants: TenantLimits): string {
  const lines = Object.keys(tenants)
    .toSorted()
    .map((tenant) => `  ${JSON.stringify(tenant)}: ${stableJson(tenants[tenant])}\n`);
  return `${NOTE}overrides:${lines.length === 0 ? ' {}\n' : `\n${lines.join('')}`}`;
}

const LINE = /^ {2}(".*?"): (\{.*\})$/gm;

/** The limits in a file of ours. */
export function limitsIn(content: string): readonly (readonly [tenant: string, limits: string])[] {
  return [...content.matchAll(LINE)].map(([, tenant = '', limits = '']) => [
    String(JSON.parse(tenant)),
    limits,
  ]);
}
