/** What a hook costs as the surroundings grow. Processes and bytes; time is for the benchmarks. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FakeMimir } from '../../support/fake-mimir.ts';
import {
  CERTIFIED_UNITS,
  CLUSTER,
  GRAFANAS,
  type Growing,
  type Grown,
  grown,
  joined,
  RESTARTED_UNITS,
  SENDERS,
  UNITS,
} from '../../support/growth.ts';

const HOST = '127.78.1.150';

let server: FakeMimir;
beforeAll(async () => {
  server = await FakeMimir.at(HOST);
});
afterAll(() => server[Symbol.asyncDispose]());

type Measure = (grown: Grown) => number;

async function all(growing: Growing, counts: readonly number[]): Promise<readonly Grown[]> {
  const results: Grown[] = [];
  for (const count of counts) results.push(await grown(growing, HOST, count));
  return results;
}

/** What each piece more costs, between one count and the next. */
function eachMore(results: readonly Grown[], measure: Measure): readonly number[] {
  return results.slice(1).map((more, i) => {
    const less = results[i] ?? more;
    return (measure(more) - measure(less)) / (more.count - less.count);
  });
}

function measuresOf(results: readonly Grown[]): ReadonlyMap<string, Measure> {
  const events = Object.keys(results[0]?.hooks ?? {});
  return new Map<string, Measure>([
    ...events.map((name) => [name, ({ hooks }: Grown) => hooks[name]?.processes ?? Number.NaN] as const),
    ['bytes written', ({ written }) => written],
    ['bytes of the largest databag', ({ largest }) => largest],
    ['bytes kept', ({ kept }) => kept],
  ]);
}

/** The last piece costs what the first ones did: a digit more in a number is all that may come on top. */
function expectLinear(results: readonly Grown[]): void {
  for (const [name, measure] of measuresOf(results)) {
    const [early = 0, ...later] = eachMore(results, measure);
    for (const late of later)
      expect(late, name).toBeLessThanOrEqual(1.1 * early + (name.startsWith('bytes') ? 3 : 0));
  }
}

const processes = ({ hooks }: Grown) => Object.values(hooks).map((hook) => hook.processes);

describe('as an application grows to 50 units', () => {
  test('the hooks of a unit cost what they did when it was three', async () => {
    const results = await all(UNITS, [1, 3, 10, 50]);
    const [, three, , fifty] = results;
    expect(fifty && processes(fifty)).toEqual(three && processes(three));
    expectLinear(results);
  });

  test('a unit that restarts looks at each of the others, once', async () => {
    const [few, many] = await Promise.all([3, 50].map((count) => grown(RESTARTED_UNITS, HOST, count)));
    const [before = 0] = few === undefined ? [] : processes(few);
    expect(many && processes(many)).toEqual([before + 47]);
  });

  test.each([
    CERTIFIED_UNITS,
    CLUSTER,
  ])('of $what, a hook of the one that leads them reads what is new', async (growing) => {
    const results = await all(growing, [3, 10, 50]);
    const [few, , many] = results;
    expect(many && processes(many)).toEqual(few && processes(few));
    expectLinear(results);
  });

  test.each([
    UNITS,
    CERTIFIED_UNITS,
    CLUSTER,
  ])('each that comes to $what costs those that are there the same', async (growing) => {
    const [few, some, many] = await Promise.all([3, 10, 50].map((count) => joined(growing, HOST, count)));
    if (few === undefined || some === undefined || many === undefined)
      throw new Error('nothing was measured');
    expect((many - some) / 40).toBeLessThanOrEqual(1.1 * ((some - few) / 7));
  });
});

describe.each([SENDERS, GRAFANAS])('with up to a hundred $what', (growing) => {
  test('a hook costs at most one process more for each that it tells', async () => {
    const results = await all(growing, [1, 10, 100, 400]);
    expectLinear(results);
    const [one, , hundred, many] = results;
    if (one === undefined || hundred === undefined || many === undefined)
      throw new Error('nothing was measured');
    const [quiet, changed, told] = processes(hundred);
    expect([quiet, changed]).toEqual(processes(one).slice(0, 2));
    expect(processes(many).slice(0, 2)).toEqual([quiet, changed]);
    expect(told).toBeLessThanOrEqual(99 + (processes(one)[2] ?? 0));
  });
});
