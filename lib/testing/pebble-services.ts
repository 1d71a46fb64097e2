/** What happens to services when they are started, stopped or replanned. Pure. */
import { stableJson } from '../model/relation.ts';
import { ApiError } from '../pebble/errors.ts';
import type { Plan } from '../pebble/layer.ts';
import type { ServiceInfo } from '../pebble/types.ts';
import type { ContainerState } from './state.ts';
import { TIME } from './time.ts';

export type ServiceAction = 'start' | 'stop' | 'restart' | 'autostart' | 'replan';

/** Services to stop, then services to start, each in order. */
export interface ServicePlan {
  readonly stop: readonly string[];
  readonly start: readonly string[];
}

/** @throws ApiError in Pebble's words. */
export function planAction(
  container: ContainerState,
  plan: Plan,
  action: ServiceAction,
  names: readonly string[],
): ServicePlan {
  switch (action) {
    case 'start':
      return { stop: [], start: startOrder(plan, known(plan, action, names)) };
    case 'stop':
      return { stop: stopOrder(plan, known(plan, action, names)), start: [] };
    case 'restart':
      return { stop: [...known(plan, action, names)], start: startOrder(plan, known(plan, action, names)) };
    case 'autostart': {
      const defaults = enabled(plan);
      if (defaults.length === 0) throw new ApiError(400, 'no-default-services', 'no default services');
      return { stop: [], start: startOrder(plan, defaults) };
    }
    case 'replan': {
      const changed = changedServices(container, plan);
      const wanted = [
        ...new Set([...changed.filter((name) => plan.services[name] !== undefined), ...enabled(plan)]),
      ];
      return { stop: changed, start: startOrder(plan, wanted.sort()) };
    }
  }
}

/** Services that were once started, and with something else than the plan now says. */
function changedServices(container: ContainerState, plan: Plan): string[] {
  return Object.entries(container.startedWith)
    .filter(
      ([name, config]) => plan.services[name] === undefined || stableJson(plan.services[name]) !== config,
    )
    .map(([name]) => name)
    .sort();
}

function enabled(plan: Plan): string[] {
  return Object.keys(plan.services)
    .filter((name) => plan.services[name]?.startup === 'enabled')
    .sort();
}

function known(plan: Plan, action: string, names: readonly string[]): readonly string[] {
  if (names.length === 0) throw new ApiError(400, '', `must specify services for ${action} action`);
  const missing = names.find((name) => plan.services[name] === undefined);
  if (missing !== undefined)
    throw new ApiError(400, '', `cannot ${action} services: service "${missing}" does not exist`);
  return names;
}

/** The named services and all they require, each after what it must come after. */
function startOrder(plan: Plan, names: readonly string[]): string[] {
  return ordered(
    plan,
    closure(names, (name) => plan.services[name]?.requires ?? []),
  );
}

/** The named services and all that require them, in reverse. */
function stopOrder(plan: Plan, names: readonly string[]): string[] {
  const dependents = (name: string): string[] =>
    Object.keys(plan.services).filter((other) => plan.services[other]?.requires?.includes(name));
  return ordered(plan, closure(names, dependents)).reverse();
}

function closure(names: readonly string[], next: (name: string) => readonly string[]): Set<string> {
  const all = new Set<string>();
  const visit = (name: string): void => {
    if (all.has(name)) return;
    all.add(name);
    next(name).forEach(visit);
  };
  names.forEach(visit);
  return all;
}

function ordered(plan: Plan, names: ReadonlySet<string>): string[] {
  const earlier = (name: string): readonly string[] => [
    ...(plan.services[name]?.after ?? []),
    ...[...names].filter((other) => plan.services[other]?.before?.includes(name)),
  ];
  const order = new Set<string>();
  const visit = (name: string, path: readonly string[]): void => {
    if (order.has(name) || path.includes(name)) return;
    for (const other of earlier(name)) if (names.has(other)) visit(other, [...path, name]);
    order.add(name);
  };
  for (const name of names) visit(name, []);
  return [...order];
}

export function stopped(container: ContainerState, name: string): ContainerState {
  if (container.services[name] === undefined || container.services[name] === 'inactive') return container;
  return { ...container, services: { ...container.services, [name]: 'inactive' } };
}

/** Pebble starts a service that exits again and again, unless the plan says otherwise. */
function afterStart(
  { startFailures }: ContainerState,
  plan: Plan,
  name: string,
): 'active' | 'backoff' | 'error' {
  if (startFailures[name] === undefined) return 'active';
  return plan.services[name]?.['on-failure'] === 'ignore' ? 'error' : 'backoff';
}

/** A running service stays as it is, with what it was started with. */
export function started(container: ContainerState, plan: Plan, name: string): ContainerState {
  if (container.services[name] === 'active') return container;
  return {
    ...container,
    services: { ...container.services, [name]: afterStart(container, plan, name) },
    startedWith: { ...container.startedWith, [name]: stableJson(plan.services[name] ?? {}) },
  };
}

export function serviceInfos(
  container: ContainerState,
  plan: Plan,
  names: readonly string[],
): readonly ServiceInfo[] {
  return Object.entries(plan.services)
    .filter(([name]) => names.length === 0 || names.includes(name))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, service]) => ({
      name,
      startup: service.startup ?? 'disabled',
      current: container.services[name] ?? 'inactive',
      ...(container.services[name] === undefined ? {} : { currentSince: TIME }),
    }));
}

/** What Pebble counts for Prometheus of services that it once started, of which the simulation knows who is active. */
export function metricsText(container: ContainerState, plan: Plan): string {
  return serviceInfos(container, plan, [])
    .filter(({ name }) => container.services[name] !== undefined)
    .map(({ name, current }) => `pebble_service_active{service="${name}"} ${current === 'active' ? 1 : 0}\n`)
    .join('');
}
