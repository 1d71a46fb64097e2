/** Selectors of `status`: names with `*`, or workload statuses. */
import type { ApplicationStatus, ModelStatus } from '../../api.ts';

/** Keeps the applications and units that at least one selector names; all when there is none. */
export function selectStatus(status: ModelStatus, selectors: readonly string[]): ModelStatus {
  if (selectors.length === 0) return status;
  const applications = Object.fromEntries(
    Object.entries(status.applications).flatMap(([name, application]) => {
      const kept = selectApplication(name, application, selectors);
      return kept === undefined ? [] : [[name, kept]];
    }),
  );
  const kept = (end: string) => Object.hasOwn(applications, end.split(':')[0] ?? '');
  const relations = status.relations.filter(({ provider, requirer }) => kept(provider) || kept(requirer));
  return { ...status, applications, relations };
}

function selectApplication(
  name: string,
  application: ApplicationStatus,
  selectors: readonly string[],
): ApplicationStatus | undefined {
  const matches = (text: string) => selectors.some((selector) => globMatches(selector, text));
  if (matches(name) || matches(application['application-status'].current)) return application;
  const units = Object.fromEntries(
    Object.entries(application.units ?? {}).filter(
      ([unit, { 'workload-status': workload, 'juju-status': agent }]) =>
        matches(unit) || matches(workload.current) || matches(agent.current),
    ),
  );
  return Object.keys(units).length === 0 ? undefined : { ...application, units };
}

function globMatches(glob: string, text: string): boolean {
  const pattern = glob
    .split('*')
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*');
  return new RegExp(`^${pattern}$`).test(text);
}
