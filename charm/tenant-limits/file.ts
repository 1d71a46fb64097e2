/**
 * The file of limits that Mimir reads again while it runs. In its first line stands what it was made from, so that a
 * dispatch in which nothing changed reads no YAML and checks no limit.
 */
import { createHash } from 'node:crypto';
import type { LimitSources, TenantLimitsInput } from '../plan/inputs.ts';

/**
 * @param present what the file holds.
 * @returns undefined where nobody has set any limit.
 */
export async function tenantLimitsFrom(
  sources: LimitSources,
  present: string | undefined,
): Promise<TenantLimitsInput | undefined> {
  const option = sources.option.trim();
  if (option === '' && sources.record === undefined) return undefined;
  if (present !== undefined && present === withDigest(sources, bodyOf(present)))
    return { kind: 'fine', content: present };
  const { rendered } = await import('./render.ts');
  const file = rendered(sources);
  if (!file.ok) return { kind: 'wrong', reason: file.reason };
  return { kind: 'fine', content: withDigest(sources, file.body) };
}

/** All but the first line. */
function bodyOf(content: string): string {
  return content.slice(content.indexOf('\n') + 1);
}

function withDigest({ option, record }: LimitSources, body: string): string {
  const digest = createHash('sha256').update(JSON.stringify([option.trim(), record ?? '', body]));
  return `# sha256:${digest.digest('hex')}\n${body}`;
}
