/** Containers as a Pebble may be found, and storage as it is attached. */
import type { CharmSpec } from '../../spec/spec.ts';
import { layerProblem, mergeLayers } from '../pebble-plan.ts';
import type { ContainerState, State } from '../state.ts';
import { duplicates, known, storageName } from './words.ts';

export function containerProblems(spec: CharmSpec, state: State): string[] {
  return Object.entries(state.containers).flatMap(([name, container]) => {
    if (!Object.hasOwn(spec.containers, name)) {
      return [`container "${name}" is not in metadata.yaml: ${known(spec.containers)}`];
    }
    if (name !== container.name) return [`container "${container.name}" stands under the name "${name}"`];
    return [...planProblems(container), ...fileProblems(container), ...otherProblems(container)];
  });
}

function planProblems(container: ContainerState): string[] {
  const { name, layers, services, checks } = container;
  const plan = mergeLayers(Object.values(layers));
  const where = `container "${name}"`;
  return [
    ...Object.entries(layers).flatMap(([label, layer]) => {
      const problem = layerProblem(label, layer, plan);
      return problem === undefined ? [] : [`${where} has a layer that Pebble refuses: ${problem}`];
    }),
    ...Object.keys(services)
      .filter((service) => plan.services[service] === undefined)
      .map((service) => `${where} has a service "${service}" that no layer defines: add it to its layers`),
    ...Object.entries(checks).flatMap(([check, { status, failures }]) => {
      const planned = plan.checks[check];
      if (planned === undefined)
        return [`${where} has a check "${check}" that no layer defines: add it to its layers`];
      const threshold = planned.threshold ?? 3;
      return status === 'up' && failures >= threshold
        ? [`check "${check}" of ${where} is up with ${failures} failures: ${threshold} make it down`]
        : [];
    }),
  ];
}

function fileProblems({ name, files, dirs }: ContainerState): string[] {
  const where = `container "${name}"`;
  const paths = Object.keys(files);
  return [
    ...[...paths, ...dirs]
      .filter((path) => !path.startsWith('/') || (path.endsWith('/') && path !== '/'))
      .map((path) => `${where} has the path "${path}": give it absolute, without a slash at its end`),
    ...paths
      .filter((path) => dirs.includes(path) || paths.some((other) => other.startsWith(`${path}/`)))
      .map((path) => `${where} has "${path}" as a file and as a directory: leave one out`),
  ];
}

function otherProblems({ name, execs, notices }: ContainerState): string[] {
  const where = `container "${name}"`;
  return [
    ...duplicates(execs.map(({ command }) => JSON.stringify(command))).map(
      (command) => `${where} has two answers for ${command}: keep one`,
    ),
    ...duplicates(notices.map(({ id }) => id)).map(
      (id) => `two notices of ${where} have the id ${id}: make each with notice('…')`,
    ),
  ];
}

export function storageProblems(spec: CharmSpec, { storages }: State): string[] {
  const ids = storages.map(({ id }) => id);
  return [
    ...duplicates(ids).map((id) => `two storage instances are called ${id}: give each its own index`),
    ...storages.flatMap(({ id, kind, location }) => {
      const name = storageName(id);
      const declared = Object.hasOwn(spec.storage, name) ? spec.storage[name] : undefined;
      if (declared === undefined) return [`storage "${id}" is not in metadata.yaml: ${known(spec.storage)}`];
      return [
        ...(/\/\d+$/.test(id) ? [] : [`storage "${id}" has no number: call it ${name}/0`]),
        ...(kind === declared.type
          ? []
          : [`storage "${id}" is a ${kind}, and metadata.yaml declares a ${declared.type}`]),
        ...(location.startsWith('/') ? [] : [`storage "${id}" is at "${location}": give an absolute path`]),
      ];
    }),
    ...Object.entries(spec.storage).flatMap(([name, { count }]) => {
      const there = ids.filter((id) => storageName(id) === name).length;
      return count.max === null || there <= count.max
        ? []
        : [
            `storage "${name}" has ${there} instances, and metadata.yaml allows ${count.max}: leave the others out`,
          ];
    }),
  ];
}
