/** A live unit, asked through the command line, becomes a snapshot. */
import * as z from 'zod';
import { cloudView, networkView, nothingView, storageView } from './answers.ts';
import { Commands, type RunJuju, type ShownRelation } from './commands.ts';
import { readContainer } from './containers.ts';
import {
  SNAPSHOT_VERSION,
  type Snapshot,
  SnapshotError,
  type SnapshotRelation,
  type SnapshotState,
} from './format.ts';
import { maskState } from './mask-state.ts';
import { Answers, leaderScript, pebbleAnswers, unitScript } from './probe.ts';
import { readSecrets } from './secrets.ts';

/** Which unit, and how much of it. */
export interface SnapshotOptions {
  /** `mimir-k8s/0` */
  readonly unit: string;
  /** Files and folders of workload containers to take along: `mimir:/etc/mimir`. */
  readonly files?: readonly string[];
  /** Write secrets and credentials as they are. */
  readonly secrets?: boolean;
  readonly now?: Date;
}

/**
 * Asks Juju and the unit, and changes nothing: no secret becomes tracked, no resource is fetched. The unit runs it
 * between its hooks, as any `juju exec`.
 *
 * @throws SnapshotError when Juju refuses, in its words.
 *
 * @example
 * const snapshot = await takeSnapshot(jujuProcess(['juju']), { unit: 'web/0', files: ['web:/etc/web'] });
 * await writeFile('web-0.json', formatSnapshot(snapshot));
 */
export async function takeSnapshot(run: RunJuju, options: SnapshotOptions): Promise<Snapshot> {
  const { unit, secrets = false, now = new Date() } = options;
  const files = byContainer(options.files ?? []);
  const app = unit.slice(0, unit.lastIndexOf('/'));
  const commands = new Commands(run);
  const shown = await commands.showUnit(unit);
  const [status, config] = [await commands.status(), await commands.userConfig(app)];
  const application = status.applications[app];
  if (application === undefined) throw new SnapshotError(`there is no application ${app} in this model`);

  // juju-info is everybody's, and no charm's own.
  const relations = (shown['relation-info'] ?? []).filter(({ endpoint }) => endpoint !== 'juju-info');
  const asked = relations.map((relation) => ({ id: relation['relation-id'], endpoint: relation.endpoint }));
  const said = new Answers(await commands.exec(unit, unitScript(app, asked, files)));
  const leader = Object.entries(application.units ?? {}).find(([, each]) => each.leader === true)?.[0];
  const notes: string[] = [];
  const leaderSaid =
    leader === undefined || leader === unit
      ? said
      : new Answers(await commands.exec(leader, leaderScript(app, asked)));
  if (leader === undefined) notes.push('No unit leads: what only the leader sees is missing.');

  const unitStatus = said.json('status', statusShape) ?? { status: 'unknown', message: '' };
  const appStatus = application['application-status'];
  const cloud = said.json('cloud', cloudView);
  const common = relations.map((each) => relationState(each, app, unit, said, leaderSaid));
  const state: SnapshotState = {
    leader: leader === unit,
    unitNumber: numberOf(unit),
    plannedUnits: plannedUnits(said, application.units ?? {}),
    config,
    relations: common,
    containers: await containersOf(said, files, notes),
    secrets: await readSecrets(commands, app, { config, relations: common }, said, leaderSaid, notes),
    storages: said.names('storage:').flatMap((id) => {
      const storage = said.json(`storage:${id}`, storageView);
      return storage === undefined ? [] : [{ id, ...storage }];
    }),
    ports: said.json('ports', nothingView(z.array(z.string()), [])) ?? [],
    charmState: { ...said.json('state', bagShape), ...said.json('memory', bagShape) },
    networks: networksOf(said),
    model: { name: status.model.name, uuid: said.text('uuid') ?? '' },
    unitStatus: { name: unitStatus.status, message: unitStatus.message },
    appStatus: {
      name: statusName.safeParse(appStatus?.current).data ?? 'unknown',
      message: appStatus?.message ?? '',
    },
    workloadVersion: shown['workload-version'] ?? application.version ?? '',
    resources: resourcesOf(said.all('resource')),
    ...(cloud === undefined ? {} : { cloud }),
  };
  const masked = secrets ? { state, masked: {} } : maskState(state);
  return {
    format: 'charmwright-snapshot',
    version: SNAPSHOT_VERSION,
    taken: now.toISOString(),
    unit,
    charm: application['charm-name'] ?? app,
    jujuVersion: said.text('version') ?? '',
    masked: masked.masked,
    notes,
    state: masked.state,
  };
}

const statusName = z.enum(['active', 'blocked', 'maintenance', 'waiting', 'unknown', 'error', 'terminated']);
const statusShape = z.object({ status: statusName, message: z.string().default('') });
const goalShape = z.object({ units: z.record(z.string(), z.object({ status: z.string() })).nullish() });
const bagShape = nothingView(z.record(z.string(), z.string()), {});

/** `mimir:/etc/mimir` -> the paths of each container. */
function byContainer(wanted: readonly string[]): Record<string, string[]> {
  const files: Record<string, string[]> = {};
  for (const each of wanted) {
    const [, container = '', path = ''] = /^([^:]+):(\/.*)$/.exec(each) ?? [];
    if (path === '')
      throw new SnapshotError(
        `cannot take the file "${each}": name it by container and absolute path, mimir:/etc/mimir`,
      );
    files[container] = [...(files[container] ?? []), path];
  }
  return files;
}

function numberOf(unit: string): number {
  return Number(unit.slice(unit.lastIndexOf('/') + 1));
}

/** As a charm counts them: those that are not about to leave. */
function plannedUnits(said: Answers, units: Readonly<Record<string, unknown>>): number {
  const goal = said.json('goal', goalShape)?.units;
  if (goal === undefined || goal === null) return Object.keys(units).length;
  return Object.values(goal).filter(({ status }) => status !== 'dying').length;
}

function relationState(
  shown: ShownRelation,
  app: string,
  unit: string,
  said: Answers,
  leader: Answers,
): SnapshotRelation {
  const id = shown['relation-id'];
  const units = Object.entries(shown['related-units'] ?? {}).filter(([name]) => name !== unit);
  const remoteApp =
    said.json(`app:${id}`, z.string()) ?? units[0]?.[0].replace(/\/\d+$/, '') ?? `${shown.endpoint}-remote`;
  const isPeer = remoteApp === app;
  const remoteModel = said.json(`model:${id}`, z.object({ uuid: z.string() }))?.uuid;
  const isForeign = remoteModel !== undefined && remoteModel !== said.text('uuid');
  return {
    id,
    endpoint: shown.endpoint,
    isPeer,
    ...(isPeer ? {} : { remoteApp }),
    ...(isForeign ? { remoteModelUuid: remoteModel } : {}),
    localAppData: leader.json(`own:${id}`, bagShape) ?? {},
    localUnitData: { ...shown['local-unit']?.data },
    remoteAppData: isPeer ? {} : texts(shown['application-data'] ?? {}),
    remoteUnits: Object.fromEntries(units.map(([name, { data }]) => [String(numberOf(name)), { ...data }])),
    departed: units.filter(([, each]) => each['in-scope'] === false).map(([name]) => numberOf(name)),
  };
}

/** Juju's client shows text as it is; what looks like a number may come as one. */
function texts(bag: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(bag).map(([key, value]) => [key, String(value)]));
}

async function containersOf(
  said: Answers,
  files: Readonly<Record<string, readonly string[]>>,
  notes: string[],
): Promise<SnapshotState['containers']> {
  const answers = said.json('pebble', pebbleAnswers);
  if (answers === undefined) {
    notes.push('The charm carries no bin/node: its containers could not be looked into, and are left out.');
    return {};
  }
  const unknown = Object.keys(files).filter((name) => !Object.hasOwn(answers, name));
  if (unknown.length > 0)
    throw new SnapshotError(
      `the unit has no container ${unknown.join(', ')}; it has ${Object.keys(answers).join(', ') || 'none'}`,
    );
  const containers = Object.entries(answers).map(async ([name, told]) => {
    const missed = (path: string) => void notes.push(`${name}:${path} could not be read.`);
    return [name, await readContainer(name, told, files[name] ?? [], missed)] as const;
  });
  return Object.fromEntries(await Promise.all(containers));
}

/** Bindings that answer as `juju-info` does need no entry of their own. */
function networksOf(said: Answers): SnapshotState['networks'] {
  const common = said.json('network:juju-info', networkView);
  const own = said.names('network:').flatMap((name) => {
    const network = name === 'juju-info' ? undefined : said.json(`network:${name}`, networkView);
    const isCommon = JSON.stringify(network) === JSON.stringify(common);
    return network === undefined || isCommon ? [] : [[name, network] as const];
  });
  return { ...(common === undefined ? {} : { '': common }), ...Object.fromEntries(own) };
}

/** `…/resources/page/page.html` -> page */
function resourcesOf(paths: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    paths.map((path) => {
      const parts = path.trim().split('/');
      return [parts.at(-2) ?? '', path.trim()];
    }),
  );
}
