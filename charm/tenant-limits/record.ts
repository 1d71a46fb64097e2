/**
 * What the action has set, as the units tell each other: a thousand tenants are a few kilobytes of a databag. Nobody
 * writes it but the action, so that the same limits are always the same text.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { parseJson, stableJson } from 'charmwright';
import { checkTenantLimits, type TenantLimits } from './limits.ts';

/** More is none of ours. */
const LONGEST = 16 * 1024 * 1024;

/** Undefined when nobody has any limits. */
export function recordOf(tenants: TenantLimits): string | undefined {
  const some = Object.entries(tenants).filter(([, limits]) => Object.keys(limits).length > 0);
  if (some.length === 0) return undefined;
  return deflateRawSync(stableJson(Object.fromEntries(some)), { level: 9 }).toString('base64');
}

/** What nobody can read says nothing; limits that this release does not know are for their reader to refuse. */
export function tenantsOf(record: string | undefined): ReturnType<typeof checkTenantLimits> {
  return checkTenantLimits(record === undefined ? {} : (parseJson(inflated(record)) ?? {}));
}

function inflated(record: string): string {
  try {
    return inflateRawSync(Buffer.from(record, 'base64'), { maxOutputLength: LONGEST }).toString('utf8');
  } catch {
    return '';
  }
}
