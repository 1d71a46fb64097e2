/** Every event that is possible from a state, and from the states it leads to. */
import type { Charm } from '../../charm.ts';
import type { EndpointSchemas } from '../../model/juju.ts';
import type { CharmSpec } from '../../spec/spec.ts';
import { ImpossibleWorld } from '../errors.ts';
import type { Outcome } from '../outcome.ts';
import { type ContextOptions, type RunOptions, runAction, runEvent } from '../run-event.ts';
import { type RelationState, type State, stateOf } from '../state.ts';
import type { Move, Place } from './agenda.ts';
import { type Runner as KilledRunner, killEverywhere } from './crash-test.ts';
import { type Exploration, Findings } from './findings.ts';
import { type Found, Graph } from './graph.ts';
import { movesFrom } from './moves.ts';
import { type Comparison, Judge } from './orders.ts';
import type { Possibilities, Setting } from './possibilities.ts';
import { beginning } from './unit-moves.ts';

/** How far to look, and at what. */
export interface ExploreOptions extends Possibilities, ContextOptions, Comparison {
  /** How many things may happen, one after the other. Hooks that follow of themselves are not counted. */
  readonly depth: number;
  /** No more states than that are looked at; 2000 when absent. */
  readonly maxStates?: number;
  /** `nothing`: the unit is yet to be installed into this state. `started` when absent. */
  readonly from?: 'started' | 'nothing';
  /** Which of the possible events are tried; all when absent. */
  readonly only?: (step: { readonly name: string; readonly event: Move['event'] }) => boolean;
  /** What must hold after each event; what it throws is reported with the way there. */
  readonly invariant?: (after: Outcome, before: State) => void;
  /**
   * True: in the same world around the unit every way must end the same, not only two orders of the same events.
   * Holds for charms that look at the world and make it so, and remember nothing of how it came about.
   */
  readonly oneEnd?: boolean;
  /** True: each event is killed at each of its calls as well, and run again, as `crashTest` does. */
  readonly kills?: boolean;
  /**
   * What the world holds besides the state, such as a real server's data: it is read after each event, and written
   * before the next, which may start from an earlier state.
   */
  readonly outside?: Outside;
  /** Where the count goes; standard output when absent. */
  readonly print?: (line: string) => void;
}

/** What stands outside the state, such as a server that the charm changes: it is put back between two ways. */
export interface Outside {
  /** Plain data. */
  readonly read: () => Promise<unknown>;
  /** Gets what `read` gave. */
  readonly write: (data: unknown) => Promise<void>;
}

/**
 * Runs every event that Juju could send from a state, and again from each state that comes of it. Reports hooks that
 * fail, with the shortest way to them, and events whose order makes a difference to the end.
 *
 * The world around the unit may do what Juju allows (units join and leave, pods are replaced, containers restart,
 * checks fail), and what `options` name besides: configurations, relations, data, contents of secrets, actions. Equal
 * states are looked at once. The same charm, state and options give the same report.
 *
 * @throws TypeError when Juju's rules, as this knows them, and the consistency checker disagree.
 * @example
 * const found = await explore(charm, state({ leader: true, containers: [container('web')] }), {
 *   depth: 3,
 *   relations: [relation('db', { remoteApp: 'pg', remoteAppData: { url: 'pg:5432' } })],
 *   configs: [{ port: 9090 }],
 * });
 * expect(found.problems).toEqual([]);
 */
export async function explore<S extends CharmSpec, R extends EndpointSchemas<S>>(
  charm: Charm<S, R>,
  state: State,
  options: ExploreOptions,
): Promise<Exploration> {
  const run: Runner = async (before, { name, event, params }, runOptions = {}) => {
    const how = { onFailure: 'return', ...runOptions } as const;
    try {
      if (event.kind !== 'action') return (await runEvent(charm, options, before, event, how)).outcome;
      const call = { action: event.action, params: params ?? {} };
      return (await runAction(charm, options, before, call, how)).state;
    } catch (error) {
      if (!(error instanceof ImpossibleWorld)) throw error;
      throw new TypeError(`explore holds "${name}" for possible, and the consistency checker does not`, {
        cause: error,
      });
    }
  };
  return new Explorer(charm, run, options).from(state);
}

type Runner = (before: State, move: Move, runOptions?: RunOptions) => Promise<Outcome>;

const MOST_STATES = 2000;

class Explorer {
  readonly #run: Runner;
  readonly #options: ExploreOptions;
  readonly #charm: Pick<Charm, 'spec' | 'memory'>;
  readonly #graph = new Graph();
  readonly #findings = new Findings();

  constructor(charm: Pick<Charm, 'spec' | 'memory'>, run: Runner, options: ExploreOptions) {
    this.#run = run;
    this.#options = options;
    this.#charm = charm;
  }

  async from(state: State): Promise<Exploration> {
    const { app = this.#charm.spec.name } = this.#options;
    const possible = { ...this.#options, relations: candidates(state, this.#options) };
    const setting: Setting = { spec: this.#charm.spec, memory: this.#charm.memory ?? 'juju', app, possible };
    const usedIds = state.relations.map(({ id }) => id).toSorted((a, b) => a - b);
    const agenda = { owed: {}, usedIds, gone: false };
    const start: Place =
      this.#options.from === 'nothing' ? beginning(setting, state, agenda) : { state, agenda };
    let level = [this.#graph.find({ ...start, ...(await this.#outside()) }, 0).found];
    for (let steps = 0; level.length > 0; steps += 1) level = await this.#level(setting, level, steps);
    const places = this.#graph.all();
    const judge = new Judge(this.#options);
    for (const difference of judge.orders(places)) this.#findings.order(difference);
    if (this.#options.oneEnd === true)
      for (const difference of judge.ways(places)) this.#findings.way(difference);
    const exploration = this.#findings.exploration(places.length);
    (this.#options.print ?? console.info)(exploration.summary);
    return exploration;
  }

  /** Expands all places that so many steps lead to, and returns those that one more leads to. */
  async #level(setting: Setting, level: readonly Found[], steps: number): Promise<Found[]> {
    const here = [...level];
    const next: Found[] = [];
    // Owed hooks lead to more places of this level: the list grows while it is walked through.
    for (const found of here) {
      if (found.isExpanded) continue;
      found.isExpanded = true;
      for (const move of this.#possible(setting, found, steps)) {
        const to = await this.#step(found, move, steps);
        if (to !== undefined && !to.isExpanded) (to.steps === steps ? here : next).push(to);
      }
    }
    return next;
  }

  #possible(setting: Setting, found: Found, steps: number): readonly Move[] {
    const { depth, only } = this.#options;
    return movesFrom(setting, found).filter(
      (move) => move.isOwed || (steps < depth && (only === undefined || only(move))),
    );
  }

  async #step(found: Found, move: Move, steps: number): Promise<Found | undefined> {
    const before = move.before?.(found.state) ?? found.state;
    if (this.#isFull()) {
      this.#findings.stoppedAt(this.#graph.size);
      return undefined;
    }
    await this.#options.outside?.write(found.outside);
    const outcome = await this.#run(before, move);
    this.#findings.event();
    if (outcome.exitCode !== 0) {
      this.#findings.crash(found, move, outcome.error);
      found.edges.set(move.name, { move, to: undefined });
      return undefined;
    }
    this.#judge(found, move, outcome, before);
    if (this.#options.kills === true) await this.#kill(found, move, before);
    const reached = steps + (move.isOwed ? 0 : 1);
    const place: Place = { state: stateOf(outcome), agenda: move.agenda, ...(await this.#outside()) };
    const { found: to } = this.#graph.find(place, reached, { found, move });
    to.steps = Math.min(to.steps, reached);
    found.edges.set(move.name, { move, to });
    return to;
  }

  async #outside(): Promise<Pick<Place, 'outside'>> {
    const { outside } = this.#options;
    return outside === undefined ? {} : { outside: await outside.read() };
  }

  #isFull(): boolean {
    return this.#graph.size >= (this.#options.maxStates ?? MOST_STATES);
  }

  async #kill(found: Found, move: Move, before: State): Promise<void> {
    const { outside, ignore = (state) => state } = this.#options;
    const run: KilledRunner = async (state, how) => {
      // A killed run leaves what is outside as it is: only the first one begins with what was there.
      if (state === before) await outside?.write(found.outside);
      return this.#run(state, move, how);
    };
    const after = await outside?.read();
    for (const problem of (await killEverywhere(move.name, run, before, ignore)).problems)
      this.#findings.killed(found, move, problem);
    if (outside !== undefined) await outside.write(after);
  }

  #judge(found: Found, move: Move, outcome: Outcome, before: State): void {
    try {
      this.#options.invariant?.(outcome, before);
    } catch (error) {
      this.#findings.broken(found, move, error);
    }
  }
}

/** What may be related: what the test names, and what the state has and may lose. */
function candidates(state: State, { relations = [] }: ExploreOptions): readonly RelationState[] {
  const isNamed = (id: number) => relations.some((each) => each.id === id);
  return [...relations, ...state.relations.filter(({ id, isPeer }) => !isPeer && !isNamed(id))];
}
