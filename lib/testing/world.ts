/** One hook's world while it runs: what takes effect at once, and what is committed at the end. */
import { createHash } from 'node:crypto';
import type { JujuEvent } from '../events/event.ts';
import {
  applyBag,
  applyPorts,
  applySecretChanges,
  applySecretTrack,
  applyState,
  type Bag,
  type HookHost,
  type Immediate,
  type Pending,
  type StatusValue,
  type UnitView,
} from '../jujuc/index.ts';
import { stableJson } from '../model/relation.ts';
import type { ContainerState, RelationState, ShownStatus, State } from './state.ts';
import { TIME } from './time.ts';
import { charmState, DEFERRED_KEY, STORED_PREFIX } from './unit-view.ts';

/** One line that the charm has logged. */
export interface LogLine {
  readonly level: string;
  readonly message: string;
}

export class World implements HookHost {
  readonly logs: LogLine[] = [];
  readonly unitStatuses: ShownStatus[] = [];
  readonly appStatuses: ShownStatus[] = [];
  readonly versions: string[] = [];
  readonly actionLog: string[] = [];
  actionResults: Readonly<Record<string, unknown>> = {};
  actionFailure: string | undefined;
  #state: State;
  readonly #before: State;
  #secretsMade = 0;

  constructor(state: State) {
    this.#before = state;
    this.#state = state;
  }

  get state(): State {
    return this.#state;
  }

  now(): Date {
    return new Date(TIME);
  }

  newSecretId(): string {
    this.#secretsMade += 1;
    return secretId(this.#before, this.#secretsMade);
  }

  apply(effect: Immediate): void {
    switch (effect.kind) {
      case 'unit-status':
        this.unitStatuses.push(shown(effect.value));
        this.#state = { ...this.#state, unitStatus: shown(effect.value) };
        break;
      case 'app-status':
        this.appStatuses.push(shown(effect.value));
        this.#state = { ...this.#state, appStatus: shown(effect.value) };
        break;
      case 'version':
        this.versions.push(effect.version);
        this.#state = { ...this.#state, workloadVersion: effect.version };
        break;
      case 'log':
        this.logs.push({ level: effect.level, message: effect.message });
        break;
      case 'action-log':
        this.actionLog.push(effect.message);
        break;
      case 'action-set':
        this.actionResults = effect.results;
        break;
      case 'action-fail':
        this.actionFailure = effect.message;
        break;
      case 'secret-track':
        this.#state = { ...this.#state, secrets: applySecretTrack(this.#state.secrets, effect) };
        break;
      case 'leader-set':
        break; // nobody of this framework reads leader settings
    }
  }

  /** The workload keeps what was done to it, however the hook ends. */
  keepContainers(containers: readonly ContainerState[]): void {
    const kept = Object.fromEntries(containers.map((container) => [container.name, container]));
    this.#state = { ...this.#state, containers: { ...this.#state.containers, ...kept } };
  }

  /** What a charm with its memory in a file has written there. */
  keepCharmState(values: Bag): void {
    this.#state = { ...this.#state, ...remembered(values) };
  }

  /** Replaces a file of the charm's folder, or removes one, or all in a folder. */
  keepFile(name: string, text: string | undefined): void {
    const { charmFiles = {}, ...state } = this.#state;
    const others = Object.entries(charmFiles).filter(
      ([path]) => path !== name && !path.startsWith(`${name}/`),
    );
    const kept = text === undefined ? others : [...others, [name, text] as const];
    this.#state = kept.length === 0 ? state : { ...state, charmFiles: Object.fromEntries(kept) };
  }

  /** The hook succeeded. */
  commit(view: UnitView, pending: Pending, event: JujuEvent): void {
    const state = this.#state;
    this.#state = {
      ...state,
      relations: state.relations.flatMap((relation) => afterEvent(written(relation, pending), event)),
      secrets: withoutGrantsOf(event, applySecretChanges(state.secrets, pending.secrets, view.relations)),
      ports: applyPorts(state.ports, pending),
      storages: state.storages.filter(
        ({ id }) => event.kind !== 'storage-detaching' || id !== event.storageId,
      ),
      ...remembered(applyState(charmState(state), pending)),
    };
  }
}

function byText(a: unknown, b: unknown): number {
  return stableJson(a) < stableJson(b) ? -1 : 1;
}

const ID_LETTERS = '0123456789abcdefghijklmnopqrstuv';

/**
 * 20 letters and digits, as Juju's. Juju never gives an id twice, so it follows from all that the hook's transaction
 * is based on; a hook that is killed and run again gets the same one.
 */
function secretId({ secrets, relations, stored, memory, deferred }: State, count: number): string {
  const known = secrets.map(({ id, revisions }) => [id, revisions.map(({ revision }) => revision)]);
  const inOrder = [known.toSorted(byText), relations.toSorted((a, b) => a.id - b.id)];
  const base = stableJson([inOrder, stored, memory, deferred, count]);
  const bytes = createHash('sha256').update(base).digest().subarray(0, 20);
  return Array.from(bytes, (byte) => ID_LETTERS.charAt(byte % ID_LETTERS.length)).join('');
}

function shown({ status, message }: StatusValue): ShownStatus {
  return { name: status, message };
}

function written(relation: RelationState, pending: Pending): RelationState {
  return {
    ...relation,
    localUnitData: applyBag(relation.localUnitData, pending.relationUnit[relation.id] ?? {}),
    localAppData: applyBag(relation.localAppData, pending.relationApp[relation.id] ?? {}),
  };
}

/** A broken relation is gone after its hook; a departed unit is no member any more. */
function afterEvent(relation: RelationState, event: JujuEvent): RelationState[] {
  if (!('relationId' in event) || event.relationId !== relation.id) return [relation];
  if (event.kind === 'relation-broken') return [];
  if (event.kind !== 'relation-departed') return [relation];
  const number = Number(event.remoteUnit.slice(event.remoteUnit.lastIndexOf('/') + 1));
  return [{ ...relation, departed: [...new Set([...relation.departed, number])] }];
}

function withoutGrantsOf(event: JujuEvent, secrets: State['secrets']): State['secrets'] {
  if (event.kind !== 'relation-broken') return secrets;
  return secrets.map((secret) => ({
    ...secret,
    grants: secret.grants.filter((grant) => grant.relationId !== event.relationId),
  }));
}

/** The other way of what the hook tools were shown: Juju's charm state of a unit, as a state keeps it. */
export function remembered(charmState: Bag): Pick<State, 'stored' | 'deferred' | 'memory'> {
  const { [DEFERRED_KEY]: deferred = '[]', ...rest } = charmState;
  const entries = Object.entries(rest);
  const isStored = ([key]: readonly [string, string]): boolean => key.startsWith(STORED_PREFIX);
  const stored = entries
    .filter(isStored)
    .map(([key, value]) => [key.slice(STORED_PREFIX.length), JSON.parse(value)]);
  return {
    stored: Object.fromEntries(stored),
    deferred: events(JSON.parse(deferred)),
    memory: Object.fromEntries(entries.filter((entry) => !isStored(entry))),
  };
}

/** The framework wrote them itself, from events. */
function events(data: unknown): State['deferred'] {
  if (isEvents(data)) return data;
  throw new TypeError(`the deferred events in the unit's charm state are no list: ${JSON.stringify(data)}`);
}

function isEvents(data: unknown): data is State['deferred'] {
  return Array.isArray(data);
}
