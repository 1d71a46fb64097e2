/** Relations as Juju makes them. */
import type { CharmSpec, EndpointSpec } from '../../spec/spec.ts';
import type { RelationState, State } from '../state.ts';
import { APPLICATION, duplicates, known, UUID } from './words.ts';

export function relationProblems(spec: CharmSpec, app: string, state: State): string[] {
  const ids = state.relations.map(({ id }) => id);
  return [
    ...duplicates(ids).map((id) => `two relations have the id ${id}: give each its own, or none`),
    ...state.relations.flatMap((relation) => {
      const { endpoint } = relation;
      const declared = Object.hasOwn(spec.endpoints, endpoint) ? spec.endpoints[endpoint] : undefined;
      if (declared === undefined)
        return [`endpoint "${endpoint}" is not in metadata.yaml: ${known(spec.endpoints)}`];
      return [
        ...kindProblems(relation, declared),
        ...sideProblems(relation, app),
        ...unitProblems(relation, declared, state),
        ...bagProblems(relation),
      ];
    }),
    ...limitProblems(spec, state),
  ];
}

function kindProblems({ endpoint, isPeer, id }: RelationState, { role }: EndpointSpec): string[] {
  return [
    ...(Number.isInteger(id) && id >= 0
      ? []
      : [`relation ${id} of "${endpoint}": ids are whole numbers from 0 on`]),
    ...(isPeer === (role === 'peer')
      ? []
      : [
          `endpoint "${endpoint}" is a ${role} endpoint: use ${isPeer ? 'relation' : 'peerRelation'}('${endpoint}')`,
        ]),
  ];
}

/** Who is on the other side. */
function sideProblems(relation: RelationState, app: string): string[] {
  const { endpoint, isPeer, remoteApp, remoteModelUuid, remoteAppData, dying } = relation;
  if (isPeer) {
    return [
      ...(remoteApp === undefined || remoteApp === app
        ? []
        : [`peers of "${endpoint}" are units of "${app}", not of "${remoteApp}": leave remoteApp out`]),
      ...(Object.keys(remoteAppData).length === 0
        ? []
        : [`peers of "${endpoint}" share one bag of their application: put its data into localAppData`]),
      ...(dying === true ? [`peer relation "${endpoint}" is never removed: leave dying out`] : []),
    ];
  }
  return [
    ...(remoteApp === app ? [`"${endpoint}" relates "${app}" to itself: name another remoteApp`] : []),
    ...(remoteApp === undefined || APPLICATION.test(remoteApp)
      ? []
      : [
          `"${remoteApp}" is no application's name: give lower-case words with hyphens, such as "postgresql"`,
        ]),
    ...(remoteModelUuid === undefined || UUID.test(remoteModelUuid)
      ? []
      : [`remoteModelUuid "${remoteModelUuid}" of "${endpoint}" is no UUID: give one, or leave it out`]),
  ];
}

function unitProblems(
  { endpoint, isPeer, remoteUnits, departed }: RelationState,
  { scope }: EndpointSpec,
  state: State,
): string[] {
  const numbers = Object.keys(remoteUnits);
  return [
    ...(isPeer && Object.hasOwn(remoteUnits, state.unitNumber)
      ? [`unit ${state.unitNumber} is its own peer in "${endpoint}": its data belong into localUnitData`]
      : []),
    ...numbers
      .filter((number) => !/^(0|[1-9]\d*)$/.test(number))
      .map((number) => `"${number}" is no unit's number in "${endpoint}": give 0, 1, 2, …`),
    ...departed
      .filter((number) => !Object.hasOwn(remoteUnits, number))
      .map(
        (number) =>
          `unit ${number} has departed from "${endpoint}" without having been there: add it to its units`,
      ),
    ...(scope === 'container' && numbers.length > 1
      ? [`"${endpoint}" has scope container: units see only the one they stand beside, so name one`]
      : []),
  ];
}

function bagProblems(relation: RelationState): string[] {
  const { endpoint, localAppData, localUnitData, remoteAppData, remoteUnits } = relation;
  const bags = [localAppData, localUnitData, remoteAppData, ...Object.values(remoteUnits)];
  return bags.flatMap((bag) =>
    Object.entries(bag).flatMap(([key, value]) => {
      const given: unknown = value;
      const where = `databag key "${key}" of "${endpoint}"`;
      if (typeof given !== 'string')
        return [`${where} is ${typeof given}: databags hold strings, so use JSON.stringify`];
      if (given === '') return [`${where} is empty: Juju deletes such keys, so leave it out`];
      if (key === '' || key.includes('='))
        return [`${where} cannot be: keys are not empty and have no "=", so name it otherwise`];
      return [];
    }),
  );
}

function limitProblems({ endpoints }: CharmSpec, { relations }: State): string[] {
  return Object.entries(endpoints).flatMap(([endpoint, { limit, role }]) => {
    const there = relations.filter((relation) => relation.endpoint === endpoint).length;
    const most = role === 'peer' ? 1 : limit;
    if (most === undefined || there <= most) return [];
    const why = role === 'peer' ? 'units have one peer relation' : `metadata.yaml limits it to ${most}`;
    return [`"${endpoint}" has ${there} relations, and ${why}: leave the others out`];
  });
}
