/** The same charm on ops and on charmwright, with ten relations each: hook-tool processes and time, event by event. */
import { setTimeout as sleep } from 'node:timers/promises';
import { median } from './dispatch.ts';
import type { Model } from './model.ts';

export const RELATIONS = 10;
const WAIT_MS = 30_000;

/**
 * Stands in for a charm's `dispatch`: hooks run as Juju runs them, and each leaves a line with its name, its
 * hook-tool processes, and the microseconds it took. With the folder `spies` in place tools are counted, and time
 * means nothing.
 */
const RECORDER = `#!/bin/sh
cd "\${0%/*}" || exit
[ -d spies ] && PATH=$PWD/spies:$PATH
begun=$(date +%s%N)
./dispatch.real
code=$?
ended=$(date +%s%N)
touch calls
echo "\${JUJU_DISPATCH_PATH#hooks/} $(wc -l < calls) $(((ended - begun) / 1000))" >> events
rm calls
exit $code
`;

const INSTALL = `mv dispatch dispatch.real
cat > dispatch <<'END'
${RECORDER}END
chmod +x dispatch
touch events`;

const SPY = `mkdir -p spies
for tool in "\${PATH%%:*}"/*; do
  printf '#!/bin/sh\\necho "\${0##*/} $*" >> %s/calls\\nexec %s "$@"\\n' "$PWD" "$tool" > "spies/\${tool##*/}"
done
chmod +x spies/*`;

export interface Side {
  /** Application, its one unit, and the application at the other end of its relations. */
  readonly app: string;
  readonly source: string;
}

export interface Cost {
  readonly processes: number;
  readonly milliseconds: number;
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
  await model.exec(`${app}/0`, INSTALL);
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
  for (const side of sides) await model.exec(`${side.app}/0`, SPY);
  for (const { name, cause } of EVENTS)
    for (const side of sides)
      processes.set(key(name, side), (await run(model, side, name, cause, 0)).processes);
  for (const side of sides) await model.exec(`${side.app}/0`, 'rm -r spies');
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

/** Makes the event happen and waits for its line. */
async function run(
  model: Model,
  side: Side,
  name: string,
  cause: Cause['cause'],
  round: number,
): Promise<Cost> {
  const unit = `${side.app}/0`;
  await model.exec(unit, 'rm -f events calls; touch events');
  await cause(model, side, round);
  for (const end = Date.now() + WAIT_MS; Date.now() < end; await sleep(50)) {
    const lines = (await model.exec(unit, 'cat events')).trim().split('\n');
    const [, count, micros] = lines.map((line) => line.split(' ')).find(([event]) => event === name) ?? [];
    if (micros !== undefined) return { processes: Number(count), milliseconds: Number(micros) / 1000 };
  }
  throw new Error(`${unit} did not run ${name}:\n${await model.juju('status')}`);
}
