/** What an operator may say of the limits of tenants. Loaded only where any has been set. */
import * as z from 'zod/mini';
import { durationMs } from '../durations.ts';
import { TENANT, TENANT_ALLOWED } from '../plan/tenant.ts';
import { readYaml } from '../yaml-text.ts';
import { LIMITS, type LimitKind } from './limits.generated.ts';

/** Limits by their names in Mimir. */
export type Limits = Readonly<Record<string, unknown>>;
/** By tenant. */
export type TenantLimits = Readonly<Record<string, Limits>>;

/** Of one tenant, or of the whole text. Never holds a value. */
export interface LimitProblem {
  readonly tenant?: string;
  readonly limit?: string;
  readonly problem: string;
}

export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly LimitProblem[] };

const MOST_PROBLEMS = 3;

/** Decided by the charm, from its relations. Mimir would follow no change of it, and it may hold passwords. */
const OF_THE_CHARM: ReadonlySet<string> = new Set(['ruler_alertmanager_client_config']);

const KINDS: Readonly<Record<LimitKind, { readonly allowed: string; is(value: unknown): boolean }>> = {
  integer: { allowed: 'a whole number', is: Number.isSafeInteger },
  number: { allowed: 'a number', is: Number.isFinite },
  boolean: { allowed: 'true or false', is: (value) => typeof value === 'boolean' },
  string: { allowed: 'a text', is: (value) => typeof value === 'string' },
  duration: {
    allowed: 'a duration such as 30s, 12h or 1y, or 0',
    is: (value) => value === 0 || (typeof value === 'string' && durationMs(value) !== undefined),
  },
  any: { allowed: 'a list or a map', is: (value) => typeof value === 'object' && value !== null },
};

const mapping = z.record(z.string(), z.unknown());

/** Reads `TENANT: {LIMIT: VALUE}`, as text. Says all that is wrong with it. */
export function parseTenantLimits(text: string): Parsed<TenantLimits> {
  const yaml = readYaml(text);
  if (!yaml.ok) return { ok: false, problems: [{ problem: `is not YAML: ${yaml.problem}` }] };
  return checkTenantLimits(yaml.value);
}

/** The same, from what is no text any more. */
export function checkTenantLimits(value: unknown): Parsed<TenantLimits> {
  const tenants = mapping.safeParse(value ?? {});
  if (!tenants.success)
    return { ok: false, problems: [{ problem: 'must map tenants to their limits: TENANT: {LIMIT: VALUE}' }] };
  const problems = Object.entries(tenants.data).flatMap(([tenant, limits]) => tenantProblems(tenant, limits));
  if (problems.length > 0) return { ok: false, problems };
  const checked = Object.entries(tenants.data).map(([tenant, limits]) => [
    tenant,
    mapping.parse(limits ?? {}),
  ]);
  return { ok: true, value: Object.fromEntries(checked) };
}

function tenantProblems(tenant: string, value: unknown): readonly LimitProblem[] {
  if (!TENANT.test(tenant)) {
    return [{ tenant: tenant.slice(0, 150), problem: `is no name that Mimir takes: ${TENANT_ALLOWED}` }];
  }
  const limits = mapping.safeParse(value ?? {});
  if (!limits.success) return [{ tenant, problem: 'must map limits to values' }];
  return Object.entries(limits.data).flatMap(([limit, given]) => {
    const problem = limitProblem(limit, given);
    return problem === undefined ? [] : [{ tenant, limit, problem }];
  });
}

function limitProblem(limit: string, value: unknown): string | undefined {
  if (OF_THE_CHARM.has(limit)) return "is the charm's: relate an Alertmanager instead";
  const kind = LIMITS.get(limit);
  if (kind === undefined) return "is no limit of Mimir's";
  return KINDS[kind].is(value) ? undefined : `must be ${KINDS[kind].allowed}`;
}

/** The problems in a line; the first of them, when there are many. */
export function told(problems: readonly LimitProblem[]): string {
  const shown = problems.slice(0, MOST_PROBLEMS).map(({ tenant, limit, problem }) => {
    const place = tenant === undefined ? '' : `tenant "${tenant}"${limit === undefined ? '' : `, ${limit}`} `;
    return `${place}${problem}`;
  });
  const more = problems.length - shown.length;
  return [...shown, ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}

/** Limit by limit, what stands in `over` wins. */
export function merged(under: TenantLimits, over: TenantLimits): TenantLimits {
  const tenants = [...new Set([...Object.keys(under), ...Object.keys(over)])];
  return Object.fromEntries(tenants.map((tenant) => [tenant, { ...under[tenant], ...over[tenant] }]));
}
