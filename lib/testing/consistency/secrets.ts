/** Secrets as Juju keeps them. */
import type { SecretView } from '../../jujuc/index.ts';
import type { State } from '../state.ts';
import { duplicates } from './words.ts';

/** Bytes of all values together, as Juju counts them. */
const MOST_BYTES = 1_000_000;
const KEY = /^[a-z](?:-?[a-z0-9]){2,}(#base64)?$/;

export function secretProblems(state: State): string[] {
  const labels = state.secrets.flatMap(({ owner, label }) =>
    owner === 'none' || label === undefined ? [] : [label],
  );
  return [
    ...duplicates(state.secrets.map(({ id }) => id)).map(
      (id) => `two secrets have the id ${id}: give each its own, or none`,
    ),
    ...duplicates(labels).map(
      (label) => `two owned secrets have the label "${label}": labels of one owner differ`,
    ),
    ...state.secrets.flatMap((secret) => [
      ...revisionProblems(secret),
      ...ownerProblems(secret),
      ...grantProblems(state, secret),
    ]),
  ];
}

function revisionProblems({ id, label, revisions, tracked }: SecretView): string[] {
  const name = `secret ${label ?? id}`;
  const numbers = revisions.map(({ revision }) => revision);
  const areInOrder = numbers.every(
    (number, index) => Number.isInteger(number) && number > (numbers[index - 1] ?? 0),
  );
  return [
    ...(/^[0-9a-v]{20}$/.test(id)
      ? []
      : [`${name} has the id "${id}": ids are 20 letters (a to v) and digits, without "secret:"`]),
    ...(revisions.length > 0 ? [] : [`${name} has no revision: give it content`]),
    ...(areInOrder ? [] : [`${name} has the revisions ${numbers.join(', ')}: they count up from 1`]),
    ...(tracked === undefined || tracked <= (numbers.at(-1) ?? 0)
      ? []
      : [`${name} is tracked at revision ${tracked}, which is not there yet`]),
    ...revisions.flatMap(({ revision, content }) =>
      contentProblems(`${name}, revision ${revision},`, content),
    ),
  ];
}

/** Values are not repeated: they are secrets, also in a test. */
function contentProblems(name: string, content: Readonly<Record<string, string>>): string[] {
  const bytes = Object.values(content).reduce(
    (sum, value) => sum + Math.ceil(Buffer.byteLength(value) / 3) * 4,
    0,
  );
  return [
    ...(Object.keys(content).length > 0 ? [] : [`${name} is empty: give it a key`]),
    ...Object.keys(content)
      .filter((key) => !KEY.test(key))
      .map(
        (key) =>
          `${name} has the key "${key}": keys are at least three lower-case letters and digits, with single hyphens`,
      ),
    ...(bytes <= MOST_BYTES
      ? []
      : [`${name} has ${bytes} bytes, and Juju takes ${MOST_BYTES}: make it smaller`]),
  ];
}

function ownerProblems({
  id,
  label,
  owner,
  readable,
  rotate = 'never',
  expire,
  modelUuid,
}: SecretView): string[] {
  const name = `secret ${label ?? id}`;
  if (owner !== 'none') {
    return [
      ...(readable ? [] : [`${name} is the application's own, which it can read: leave readable out`]),
      ...(modelUuid === undefined
        ? []
        : [`${name} is the application's own, in its model: leave modelUuid out`]),
      ...(expire === undefined || !Number.isNaN(Date.parse(expire))
        ? []
        : [`${name} expires at "${expire}": give a time such as 2030-01-01T00:00:00Z`]),
    ];
  }
  return rotate === 'never' && expire === undefined
    ? []
    : [
        `${name} is somebody else's, whose rotation and expiry are not seen: give it an owner, or leave them out`,
      ];
}

function grantProblems(state: State, { id, label, owner, grants }: SecretView): string[] {
  const name = `secret ${label ?? id}`;
  if (owner === 'none' && grants.length > 0)
    return [
      `${name} is somebody else's, who grants it: leave grants out; readable says whether it was granted`,
    ];
  return grants.flatMap(({ relationId, unit }) => {
    const relation = state.relations.find((each) => each.id === relationId);
    if (relation === undefined)
      return [`${name} is granted through relation ${relationId}: add that relation to the state`];
    if (unit === undefined || relation.isPeer || unit.startsWith(`${relation.remoteApp}/`)) return [];
    return [
      `${name} is granted to unit ${unit}, which is not in relation ${relationId}: name one of ${relation.remoteApp}`,
    ];
  });
}
