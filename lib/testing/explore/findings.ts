/** What an exploration has found, told as stories. */
import { hookName } from '../../events/event.ts';
import type { Move } from './agenda.ts';
import { type Found, story } from './graph.ts';
import type { OrderDifference, WayDifference } from './orders.ts';

/** A hook that failed, or what must hold and did not. */
export interface Failure {
  readonly hook: string;
  /** What happened, hook by hook; the last one is the one that failed. */
  readonly story: readonly string[];
  readonly error: unknown;
}

/** Two events that end differently when they come the other way round. */
export interface OrderFound {
  /** What happened before them. */
  readonly story: readonly string[];
  readonly first: string;
  readonly second: string;
  readonly differences: readonly string[];
}

/** Two ways into the same world that leave the unit in different states. */
export interface WaysFound {
  readonly one: readonly string[];
  readonly other: readonly string[];
  readonly differences: readonly string[];
}

/** What was seen of all that can happen. */
export interface Exploration {
  readonly states: number;
  readonly events: number;
  /** False: `maxStates` was reached, and there is more to see. */
  readonly isComplete: boolean;
  /** One for each error of each hook, by the shortest way. */
  readonly crashes: readonly Failure[];
  /** The same for `invariant`. */
  readonly broken: readonly Failure[];
  /** With `kills`: events that end differently when they were killed and run again; `error` says where. */
  readonly killed: readonly Failure[];
  /** One for each pair of events. */
  readonly orders: readonly OrderFound[];
  /** With `oneEnd`: one for each set of differences. */
  readonly ways: readonly WaysFound[];
  /** All of it as text: `expect(found.problems).toEqual([])`. */
  readonly problems: readonly string[];
  /** `explored 412 states by 2113 events: nothing found` */
  readonly summary: string;
}

export class Findings {
  #events = 0;
  #stoppedAt: number | undefined;
  readonly #crashes = new Map<string, Failure>();
  readonly #broken = new Map<string, Failure>();
  readonly #killed = new Map<string, Failure>();
  readonly #orders = new Map<string, OrderFound>();
  readonly #ways = new Map<string, WaysFound>();

  event(): void {
    this.#events += 1;
  }

  stoppedAt(states: number): void {
    this.#stoppedAt = states;
  }

  crash(found: Found, move: Move, error: unknown): void {
    keepFirst(this.#crashes, found, move, error);
  }

  broken(found: Found, move: Move, error: unknown): void {
    keepFirst(this.#broken, found, move, error);
  }

  killed(found: Found, move: Move, problem: string): void {
    keepFirst(this.#killed, found, move, problem);
  }

  order({ found, first, second, differences }: OrderDifference): void {
    const key = [kindOf(first), kindOf(second)].sort().join(' and ');
    if (this.#orders.has(key)) return;
    this.#orders.set(key, { story: story(found), first: first.name, second: second.name, differences });
  }

  way({ one, other, differences }: WayDifference): void {
    const key = differences.join('\n');
    if (!this.#ways.has(key)) this.#ways.set(key, { one: story(one), other: story(other), differences });
  }

  exploration(states: number): Exploration {
    const crashes = [...this.#crashes.values()];
    const broken = [...this.#broken.values()];
    const killed = [...this.#killed.values()];
    const orders = [...this.#orders.values()];
    const ways = [...this.#ways.values()];
    const problems = [
      ...crashes.map((crash) => told(`the charm fails in ${crash.hook}: ${said(crash.error)}`, crash.story)),
      ...broken.map((it) => told(`what must hold does not after ${it.hook}: ${said(it.error)}`, it.story)),
      ...killed.map((it) => told(said(it.error), it.story)),
      ...orders.map(orderTold),
      ...ways.map(waysTold),
    ];
    const stopped = this.#stoppedAt === undefined ? '' : ' (and stopped there: maxStates)';
    const result = problems.length === 0 ? 'nothing found' : `${problems.length} problems`;
    return {
      states,
      events: this.#events,
      isComplete: this.#stoppedAt === undefined,
      ...{ crashes, broken, killed, orders, ways, problems },
      summary: `explored ${states} states by ${this.#events} events${stopped}: ${result}`,
    };
  }
}

function keepFirst(failures: Map<string, Failure>, found: Found, move: Move, error: unknown): void {
  const hook = hookName(move.event);
  const key = `${hook}: ${said(error)}`;
  const known = failures.get(key);
  const way = story(found, move);
  if (known === undefined || way.length < known.story.length) failures.set(key, { hook, story: way, error });
}

function said(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

/** Without the numbers of units, relations and data: the same two events are told once. */
function kindOf({ name }: Move): string {
  return name.replaceAll(/\d+/g, 'N');
}

function told(what: string, lines: readonly string[]): string {
  return [what, ...lines.map((line) => `  ${line}`)].join('\n');
}

function orderTold({ story: before, first, second, differences }: OrderFound): string {
  return told('the order of two events makes a difference', [
    ...(before.length === 0 ? [] : ['after', ...before]),
    `"${first}", then "${second}", or the other way round:`,
    ...differences.map((line) => `  ${line}`),
  ]);
}

function waysTold({ one, other, differences }: WaysFound): string {
  return told('the same world is reached in two ways, with different ends', [
    ...(one.length === 0 ? ['at the beginning'] : one),
    'or',
    ...(other.length === 0 ? ['at the beginning'] : other),
    ...differences.map((line) => `  ${line}`),
  ]);
}
