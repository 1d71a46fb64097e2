/** Checks as the plan and the test say: none of them is performed. Pure. */
import { stableJson } from '../model/relation.ts';
import type { Plan } from '../pebble/layer.ts';
import type { CheckInfo, CheckLevel } from '../pebble/types.ts';
import type { CheckState, ContainerState } from './state.ts';

export function checkInfos(container: ContainerState, plan: Plan): readonly CheckInfo[] {
  return Object.entries(plan.checks)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, check]) => {
      const startup = check.startup ?? 'enabled';
      const { status, failures } = container.checks[name] ?? {
        status: startup === 'enabled' ? 'up' : 'inactive',
        failures: 0,
      };
      return {
        name,
        ...(check.level === undefined ? {} : { level: check.level }),
        startup,
        status,
        failures,
        threshold: check.threshold ?? 3,
      };
    });
}

/**
 * What a change of the plan does to checks, also one that does not touch them. One that does not run is started when it
 * is enabled, whoever stopped it. One that runs is begun anew when it has changed; but one that is no longer enabled
 * runs on, as of Pebble 1.32.
 */
export function afterPlanChange(container: ContainerState, before: Plan, after: Plan): ContainerState {
  const standing = new Map(checkInfos(container, before).map(({ name, status }) => [name, status]));
  const checks = { ...container.checks };
  for (const [name, check] of Object.entries(after.checks)) {
    const isRunning = standing.has(name) && standing.get(name) !== 'inactive';
    const isChanged = stableJson(before.checks[name] ?? {}) !== stableJson(check);
    if (isRunning && !isChanged) continue;
    delete checks[name];
    if (isRunning && check.startup === 'disabled') checks[name] = { status: 'up', failures: 0 };
  }
  return { ...container, checks };
}

/** `ready` includes the checks of level `alive`. */
export function isHealthy(
  checks: readonly CheckInfo[],
  level: CheckLevel | undefined,
  names: readonly string[],
): boolean {
  return checks
    .filter((check) => names.length === 0 || names.includes(check.name))
    .filter((check) => level === undefined || check.level === 'alive' || check.level === level)
    .every((check) => check.status !== 'down');
}

export function withChecks(
  container: ContainerState,
  names: readonly string[],
  status: CheckState['status'],
): ContainerState {
  const changed = names.map((name) => [name, { status, failures: 0 }] as const);
  return { ...container, checks: { ...container.checks, ...Object.fromEntries(changed) } };
}
