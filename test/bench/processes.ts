/** The same charm on ops and on charmwright, with ten relations each: hook-tool processes and time, event by event. */
import { median } from './dispatch.ts';
import type { Model } from './model.ts';
import { type Cost, costOf, countNoTools, countTools, recordHooks } from './recorded-hooks.ts';

export const RELATIONS = 10;

export interface Side {
  /** Application, its one unit, and the application at the other end of its relations. */
  readonly app: string;
  readonly source: string;
}

/** Of one event: what each side's charm needs, in the order of the sides. */
export interface EventCost {
  readonly event: string;
  /** At most so many times the other side's processes. */
  readonly limit: number;
  readonly costs: readonly Cost[];
}

/** Deploys one side, relates it, and waits until all is calm. */
export async function setUp(
  model: Model,
  { app, source }: Side,
  charm: string,
  sourceCharm: string,
): Promise<void> {
  await model.juju('deploy', sourceCharm, source);
  await model.juju('deploy', charm, app);
  await model.settled();
  for (let i = 0; i < RELATIONS; i++) {
    await model.juju('integrate', `${app}:feed`, `${source}:source-${i}`);
    // One after the other: a charm that writes to all its relations fails while some are only listed.
    const query = `workload-message=="${i + 1} sources"`;
    await model.juju('wait-for', 'unit', `${app}/0`, '--query', query, '--timeout', '60s');
  }
  await model.settled();
  await recordHooks(model, `${app}/0`);
}

/** Every event on every side in turn; first once with the tools counted, then `rounds` times for the time. */
export async function eventCosts(
  model: Model,
  sides: readonly Side[],
  rounds: number,
): Promise<readonly EventCost[]> {
  const taken = new Map<string, number[]>();
  const key = (event: string, side: Side) => `${event} ${side.app}`;
  const processes = new Map<string, number>();
  for (const side of sides) await countTools(model, `${side.app}/0`);
  for (const { name, cause } of EVENTS)
    for (const side of sides)
      processes.set(key(name, side), (await run(model, side, name, cause, 0)).processes);
  for (const side of sides) await countNoTools(model, `${side.app}/0`);
  for (let round = 1; round <= rounds; round++) {
    for (const { name, cause } of EVENTS) {
      for (const side of sides) {
        const { milliseconds } = await run(model, side, name, cause, round);
        taken.set(key(name, side), [...(taken.get(key(name, side)) ?? []), milliseconds]);
      }
    }
  }
  return EVENTS.map(({ name, event, limit }) => ({
    event,
    limit,
    costs: sides.map((side) => ({
      processes: processes.get(key(name, side)) ?? Number.NaN,
      milliseconds: median(taken.get(key(name, side)) ?? []),
    })),
  }));
}

interface Cause {
  /** The hook that is waited for. */
  readonly name: string;
  /** As it is shown. */
  readonly event: string;
  readonly limit: number;
  cause(model: Model, side: Side, round: number): Promise<unknown>;
}

const EVENTS: readonly Cause[] = [
  {
    name: 'update-status',
    event: 'update-status, nothing to change',
    limit: 0.5,
    cause: (model, { app }) =>
      model.exec(
        `${app}/0`,
        'JUJU_DISPATCH_PATH=hooks/update-status JUJU_HOOK_NAME=update-status ./dispatch',
      ),
  },
  {
    name: 'feed-relation-changed',
    event: "relation-changed, another unit's data",
    limit: 0.5,
    cause: (model, { source }, round) =>
      model.exec(`${source}/0`, `relation-set -r "$(relation-ids source-3)" address=10.0.0.${round}`),
  },
  {
    name: 'config-changed',
    // Twenty databags are written, and each is a process on both sides.
    event: 'config-changed, published in every relation',
    limit: 0.5,
    cause: (model, { app }, round) => model.juju('config', app, `greeting=hello ${round}`),
  },
];

function run(model: Model, side: Side, name: string, cause: Cause['cause'], round: number): Promise<Cost> {
  return costOf(model, `${side.app}/0`, name, () => cause(model, side, round));
}
