/** Secrets that a unit owns or can find a reference to. */
import { type SecretInfo, secretInfo } from './answers.ts';
import type { Commands } from './commands.ts';
import type { SnapshotRelation, SnapshotSecret, SnapshotState } from './format.ts';
import type { Answers } from './probe.ts';

type Referring = Pick<SnapshotState, 'config' | 'relations'>;

/** `secret:ID`, or `secret://MODEL/ID` for one of another model. */
const URI = /secret:(?:\/\/([0-9a-f-]{36})\/)?([0-9a-v]{20})/g;

export async function readSecrets(
  commands: Commands,
  app: string,
  referring: Referring,
  said: Answers,
  leader: Answers,
  notes: string[],
): Promise<SnapshotSecret[]> {
  const owned = new Map([...ownedBy(leader, 'application'), ...ownedBy(said, 'unit')]);
  const secrets: SnapshotSecret[] = [];
  for (const [id, info] of owned) {
    const { content, revision } = await contentOf(commands, id, info.revision, notes);
    secrets.push({
      id,
      owner: info.owner,
      ...(info.label ? { label: info.label } : {}),
      ...(info.description ? { description: info.description } : {}),
      ...(info.rotation === undefined || info.rotation === 'never' ? {} : { rotate: info.rotation }),
      ...(info.expiry ? { expire: info.expiry } : {}),
      revisions: [{ revision, content }],
      tracked: revision,
      readable: true,
      grants: grantsOf(info, app, referring.relations),
    });
  }
  for (const [id, modelUuid] of references(referring)) {
    if (owned.has(id)) continue;
    const { content, revision } = await contentOf(commands, id, 1, notes);
    // Which revision it tracks, Juju tells only to the unit itself, and not without beginning to track one.
    secrets.push({
      id,
      ...(modelUuid === undefined ? {} : { modelUuid }),
      owner: 'none',
      revisions: [{ revision, content }],
      tracked: revision,
      readable: true,
      grants: [],
    });
  }
  return secrets.sort((a, b) => (a.id < b.id ? -1 : 1));
}

function ownedBy(said: Answers, owner: SecretInfo['owner']): [string, SecretInfo][] {
  return said
    .names('secret:')
    .flatMap((id) => Object.entries(said.json(`secret:${id}`, secretInfo) ?? {}))
    .filter(([, info]) => info.owner === owner);
}

async function contentOf(commands: Commands, id: string, revision: number, notes: string[]) {
  const shown = await commands.secret(id);
  if (shown !== undefined) return shown;
  notes.push(
    `The content of secret ${id} could not be read: it is of another model, or not yours to reveal.`,
  );
  return { revision, content: {} };
}

/** What the relations' other sides and the operator's options name. */
function references({ config, relations }: Referring): Map<string, string | undefined> {
  const texts = [
    ...Object.values(config),
    ...relations.flatMap(({ remoteAppData, remoteUnits, localAppData, localUnitData, isPeer }) => [
      ...Object.values(remoteAppData),
      ...Object.values(remoteUnits).flatMap((bag) => Object.values(bag)),
      ...(isPeer ? [...Object.values(localAppData), ...Object.values(localUnitData)] : []),
    ]),
  ].map(String);
  return new Map(
    texts.flatMap((text) => [...text.matchAll(URI)].map(([, model, id = '']) => [id, model] as const)),
  );
}

/** The relation is told by its ends' names; two relations with the same application cannot be told apart. */
function grantsOf(
  { access }: SecretInfo,
  app: string,
  relations: readonly SnapshotRelation[],
): SnapshotSecret['grants'] {
  return (access ?? []).flatMap(({ target, scope }) => {
    const ends = scope
      .replace(/^relation-/, '')
      .split('#')
      .map((end) => end.split('.'));
    const own = ends.find(([name]) => name === app)?.[1];
    const [, kind = '', name = ''] = /^(application|unit)-(.*)$/.exec(target) ?? [];
    const unit = kind === 'unit' ? name.replace(/-(\d+)$/, '/$1') : undefined;
    const remoteApp = unit?.replace(/\/\d+$/, '') ?? name;
    const relation = relations.find((each) => each.endpoint === own && (each.remoteApp ?? app) === remoteApp);
    if (relation === undefined) return [];
    return [{ relationId: relation.id, ...(unit === undefined ? {} : { unit }) }];
  });
}
