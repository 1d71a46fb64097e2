/** Events of containers and their Pebble, and secrets that change. */
import type { Bag, SecretView } from '../../jujuc/index.ts';
import { sameBag } from '../../jujuc/index.ts';
import { container as newContainer } from '../make.ts';
import { checkInfos } from '../pebble-checks.ts';
import { mergeLayers } from '../pebble-plan.ts';
import type { ContainerState, State } from '../state.ts';
import { type Agenda, containerLane, type Hook, isFree, type Move, type Place } from './agenda.ts';
import type { Setting } from './possibilities.ts';

export function workloadMoves(setting: Setting, { state, agenda }: Place): readonly Move[] {
  return Object.keys(setting.spec.containers)
    .filter((name) => isFree(agenda, containerLane(name)))
    .flatMap((name) => containerHooks(setting, state, name, agenda))
    .map((hook) => ({ ...hook, isOwed: false, agenda }));
}

function containerHooks(setting: Setting, state: State, name: string, agenda: Agenda): Hook[] {
  const container = state.containers[name];
  const ready: Hook = {
    name: `container ${name} is told as ready`,
    event: { kind: 'pebble-ready', container: name },
  };
  const comesUp = (verb: string): Hook => ({
    ...ready,
    name: `container ${name} ${verb}`,
    before: (before) => withContainer(before, { ...freshContainer(setting, before, name), canConnect: true }),
  });
  if (container === undefined || !container.canConnect) return [comesUp('comes up')];
  const away: Hook = {
    name: `container ${name} goes away, and time passes`,
    event: { kind: 'update-status' },
    before: (before) =>
      withContainer(before, { ...container, ...before.containers[name], canConnect: false }),
  };
  return [
    ready,
    comesUp('restarts'),
    // Nothing tells a charm of it: the first hook after it finds it so.
    ...(Object.keys(agenda.owed).length === 0 ? [away] : []),
    ...checkHooks(container),
    ...container.notices.map(
      ({ id, type, key }): Hook => ({
        name: `notice ${key} is told by container ${name}`,
        event: { kind: 'pebble-custom-notice', container: name, notice: { id, type, key } },
      }),
    ),
  ];
}

function checkHooks(container: ContainerState): Hook[] {
  const { name } = container;
  const infos = checkInfos(container, mergeLayers(Object.values(container.layers)));
  return infos
    .filter(({ status }) => status !== 'inactive')
    .map(({ name: check, status, threshold }) => {
      const fails = status === 'up';
      const after = fails
        ? { status: 'down' as const, failures: threshold }
        : { status: 'up' as const, failures: 0 };
      return {
        name: `check ${check} of container ${name} ${fails ? 'fails' : 'recovers'}`,
        event: { kind: fails ? 'pebble-check-failed' : 'pebble-check-recovered', container: name, check },
        before: (state) => {
          const now = state.containers[name] ?? container;
          return withContainer(state, { ...now, checks: { ...now.checks, [check]: after } });
        },
      };
    });
}

export function withContainer(state: State, container: ContainerState): State {
  return { ...state, containers: { ...state.containers, [container.name]: container } };
}

/** A new container: the image's files, no services, and what lies on its storage. */
export function freshContainer({ spec, possible }: Setting, state: State, name: string): ContainerState {
  const old = state.containers[name] ?? newContainer(name);
  const image =
    possible.containers?.find((each) => each.name === name) ?? newContainer(name, { execs: old.execs });
  const mounts = spec.containers[name]?.mounts ?? [];
  const isKept = (path: string): boolean =>
    mounts.some(({ location }) => path === location || path.startsWith(`${location}/`));
  const kept = <T>(table: Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(Object.entries(table).filter(([path]) => isKept(path)));
  return {
    ...image,
    startFailures: old.startFailures,
    files: { ...image.files, ...kept(old.files) },
    attributes: { ...image.attributes, ...kept(old.attributes) },
    dirs: [...new Set([...image.dirs, ...old.dirs.filter(isKept)])],
  };
}

/** Rotation, expiry and old revisions to the owner; a new revision to who reads it. */
export function secretMoves(setting: Setting, { state, agenda }: Place): readonly Move[] {
  return state.secrets
    .flatMap((secret) =>
      secret.owner === 'none' ? readersHooks(setting, secret) : ownersHooks(state, secret),
    )
    .map((hook) => ({ ...hook, isOwed: false, agenda }));
}

function readersHooks({ possible }: Setting, secret: SecretView): Hook[] {
  const { id, label, tracked, revisions, readable } = secret;
  if (tracked === undefined || !readable) return [];
  const latest = revisions.at(-1);
  const event: Hook['event'] = { kind: 'secret-changed', ...about(secret) };
  const name = label ?? id;
  const contents = possible.secrets?.[id] ?? possible.secrets?.[label ?? id] ?? [];
  const isNew = (content: Bag) => latest === undefined || !sameBag(latest.content, content);
  return [
    ...(latest !== undefined && latest.revision > tracked
      ? [{ name: `the new revision of secret ${name} is told`, event }]
      : []),
    ...contents
      .map((content, index) => ({ content, number: index + 1 }))
      .filter(({ content }) => isNew(content))
      .map(({ content, number }) => ({
        name: `secret ${name} gets content ${number}`,
        event,
        before: (state: State) => ({
          ...state,
          secrets: state.secrets.map((it) => revised(it, id, content)),
        }),
      })),
  ];
}

function revised(secret: SecretView, id: string, content: Bag): SecretView {
  if (secret.id !== id) return secret;
  const revision = (secret.revisions.at(-1)?.revision ?? 0) + 1;
  return { ...secret, revisions: [...secret.revisions, { revision, content }] };
}

function ownersHooks(state: State, secret: SecretView): Hook[] {
  if (secret.owner === 'application' && !state.leader) return [];
  const { label, id, rotate = 'never', expire, revisions } = secret;
  const name = label ?? id;
  const latest = revisions.at(-1)?.revision ?? 1;
  const old = revisions.map(({ revision }) => revision).filter((revision) => revision !== latest);
  return [
    ...(rotate === 'never'
      ? []
      : [
          {
            name: `secret ${name} is due for rotation`,
            event: { kind: 'secret-rotate' as const, ...about(secret) },
          },
        ]),
    ...(expire === undefined
      ? []
      : [
          {
            name: `revision ${latest} of secret ${name} expires`,
            event: { kind: 'secret-expired' as const, ...about(secret), revision: latest },
          },
        ]),
    ...old
      .filter((revision) => revision !== secret.tracked)
      .map((revision) => ({
        name: `nobody reads revision ${revision} of secret ${name} any more`,
        event: { kind: 'secret-remove' as const, ...about(secret), revision },
      })),
  ];
}

function about({ id, label }: SecretView) {
  return { secretId: `secret:${id}`, ...(label === undefined ? {} : { label }) };
}
