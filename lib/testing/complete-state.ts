/** A world with everything that a charm declares. */
import type { CharmSpec } from '../spec/spec.ts';
import { container, peerRelation, relation, type StateInput, state, storage } from './make.ts';
import type { ContainerState, State } from './state.ts';

/**
 * A state with one relation for each endpoint, each container, and as many storage instances as the charm needs at
 * least. What `input` has of an endpoint, a container or a storage stands in place of these.
 *
 * @example
 * const ready = completeState(charm, { leader: true, relations: [relation('db', { remoteApp: 'pg' })] });
 */
export function completeState({ spec }: { readonly spec: CharmSpec }, input: StateInput = {}): State {
  const { relations = [], containers = [], storages = [], ...rest } = input;
  const given: readonly ContainerState[] = isList(containers) ? containers : Object.values(containers);
  const isMissing = (endpoint: string) => !relations.some((each) => each.endpoint === endpoint);
  return state({
    ...rest,
    relations: [
      ...relations,
      ...Object.entries(spec.endpoints)
        .filter(([endpoint]) => isMissing(endpoint))
        .map(([endpoint, { role }]) => (role === 'peer' ? peerRelation(endpoint) : relation(endpoint))),
    ],
    containers: [
      ...given,
      ...Object.keys(spec.containers)
        .filter((name) => !given.some((each) => each.name === name))
        .map((name) => container(name)),
    ],
    storages: [
      ...storages,
      ...Object.entries(spec.storage)
        .filter(([name]) => !storages.some(({ id }) => id.startsWith(`${name}/`)))
        .flatMap(([name, { count }]) =>
          Array.from({ length: count.min }, (_, index) => storage(name, { index })),
        ),
    ],
  });
}

function isList(containers: NonNullable<StateInput['containers']>): containers is readonly ContainerState[] {
  return Array.isArray(containers);
}
