/** Checks as the plan and the test say: none of them is performed. Pure. */
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
