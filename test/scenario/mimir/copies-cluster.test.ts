/** Another number of copies for several applications: none restarts on it before the ingesters of all are ready for it. */
import { active, waiting } from 'charmwright';
import { findRelation, type Outcome, peerRelation, relation, type State, stateOf } from 'charmwright/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { takeNoWrites } from '../../../charm/drain/ingester-api.ts';
import type { MimirApi } from '../../../charm/mimir-api.ts';
import { FakeMimir } from '../../support/fake-mimir.ts';
import { configOf, gateway, image, mimir, S3_SECRET, s3, world } from '../../support/mimir-world.ts';

vi.mock('../../../charm/patience.ts', () => import('../../support/no-patience.ts'));
vi.mock('../../../charm/drain/drain.ts', () => ({
  drainIngester: async ({ api }: { readonly api: MimirApi }) => {
    await takeNoWrites(api);
    return { kind: 'drained', series: 0, blocks: 0 };
  },
}));

const HOST = '127.78.1.196';
/** Of the units of `write`. */
const WRITERS = ['127.78.1.220', '127.78.1.221'] as const;
const REST = '127.78.1.225';
const ready = { kind: 'pebble-ready', container: 'mimir' } as const;
const LONG_AGO = 1_700_000_000_000;

type Bag = Readonly<Record<string, string>>;

let server: FakeMimir;
let writers: readonly FakeMimir[];
beforeAll(async () => {
  server = await FakeMimir.at(HOST);
  writers = await Promise.all(WRITERS.map((host) => FakeMimir.at(host)));
});
afterAll(() => Promise.all([server, ...writers].map((fake) => fake[Symbol.asyncDispose]())));
beforeEach(() => {
  for (const fake of writers) fake.copies = 1;
  server.copies = 1;
  server.asks.length = 0;
  server.rings.ingesters({});
  server.rings.takesWrites = true;
});

/** Write has two units, and leaves the rest to the one that leads. */
function write(units: Readonly<Record<number, Bag>> = {}) {
  const bag = (unit: 0 | 1): Bag => ({
    ip: JSON.stringify(WRITERS[unit]),
    address: JSON.stringify(`write-${unit}.write-endpoints.cos.svc.cluster.local`),
    ...units[unit],
  });
  return relation('mimir-cluster', {
    id: 7,
    remoteApp: 'write',
    remoteAppData: { role: '"distributor,ingester"', planned_units: '2' },
    remoteUnits: { 0: bag(0), 1: bag(1) },
  });
}

function leading(factor: number, from?: Outcome, units?: Readonly<Record<number, Bag>>): State {
  const peers =
    from === undefined ? peerRelation('mimir-peers', { id: 1 }) : findRelation(from, 'mimir-peers');
  return {
    ...(from === undefined ? world(HOST, { containers: [image(), gateway()] }) : stateOf(from)),
    config: { roles: 'read,backend', 'replication-factor': factor },
    relations: [
      peers,
      s3(HOST),
      { ...write(units), localAppData: from === undefined ? {} : findRelation(from, 7).localAppData },
    ],
    secrets: from === undefined ? [S3_SECRET] : stateOf(from).secrets,
  };
}

function told(outcome: Outcome): { readonly copies: unknown; readonly factor: unknown } {
  const { copies = 'null', replication_factor: factor = 'null' } = findRelation(outcome, 7).localAppData;
  return { copies: JSON.parse(copies), factor: JSON.parse(factor) };
}

test('the one that leads waits for all units of those that have joined, thrice: flushed, held, restarted', async () => {
  const said = (words: Bag) => ({ 0: words, 1: words });
  const first = await mimir.run(ready, leading(1));
  expect(told(first)).toEqual({ copies: null, factor: 1 });
  const wanted = await mimir.run('config-changed', leading(3, first));
  expect(told(wanted)).toEqual({ copies: { to_come: 3 }, factor: 1 });
  expect(wanted.unitStatus).toEqual(
    waiting('[replication-factor] from 1 to 3: waiting for write/0 to be ready for it'),
  );
  const one = await mimir.run('update-status', leading(3, wanted, { 0: { flushed_for: '3' } }));
  expect(one.unitStatus.message).toContain('waiting for write/1');
  const flushed = said({ flushed_for: '3' });
  const hold = await mimir.run('update-status', leading(3, one, flushed));
  expect(told(hold)).toEqual({ copies: { to_come: 3, hold: 3 }, factor: 1 });
  let now = hold;
  for (let hook = 0; hook < 3; hook += 1) now = await mimir.run('update-status', leading(3, now, flushed));
  expect(told(now)).toEqual({ copies: { to_come: 3, hold: 3 }, factor: 1 });
  const held = said({ flushed_for: '3', held_for: '3' });
  const word = await mimir.run('update-status', leading(3, now, held));
  expect(told(word)).toEqual({ copies: { since: expect.any(Number), hold: 3 }, factor: 3 });
  expect(word.serviceStarts, 'its peers are to hear of it first, too').toEqual([]);
  const come = await mimir.run('update-status', leading(3, word, held));
  expect(come.serviceStarts).toEqual(['mimir/mimir']);
  expect(told(come)).toEqual(told(word));
  expect(behind(come)).toBe('mimir-k8s/0');

  server.copies = 3;
  now = come;
  for (const [unit, fake] of writers.entries()) {
    now = await mimir.run('update-status', leading(3, now, held));
    expect(behind(now)).toBe(`write/${unit}`);
    expect(told(now)).toEqual(told(come));
    fake.copies = 3;
  }
  const end = await mimir.run('update-status', leading(3, now, held));
  expect(told(end)).toEqual({ copies: { since: expect.any(Number) }, factor: 3 });
  expect(behind(end)).toBeUndefined();
});

/** For whom the application that leads waits before it lets the others take writes. */
function behind({ unitStatus }: Outcome): string | undefined {
  const [, unit] =
    /^\[replication-factor\] no writes are taken until (\S+) runs with 3, too$/.exec(unitStatus.message) ??
    [];
  return unit;
}

type Words = Readonly<Record<number, Bag>>;

/** Hooks of the one that leads, whose Mimir starts at once, until those who have joined are told so. */
async function until(
  isTold: (word: ReturnType<typeof told>) => boolean,
  factor: number,
  { from, units }: { readonly from?: Outcome; readonly units: Words },
): Promise<Outcome> {
  let now = from ?? (await mimir.run(ready, leading(1, undefined, units)));
  for (let hook = 0; !isTold(told(now)); hook += 1) {
    expect(hook, now.unitStatus.message).toBeLessThan(10);
    now = await mimir.run('config-changed', leading(factor, now, units));
  }
  return now;
}

const readyFor = (copies: number): Bag => ({ flushed_for: String(copies), held_for: String(copies) });

test('a unit that has been silent for a minute is not waited for: it starts on the new number', async () => {
  // Nobody is there.
  const units = { 0: readyFor(3), 1: { ...readyFor(3), ip: '"127.78.1.222"' } };
  let now = await until(({ factor }) => factor === 3, 3, { units });
  for (const fake of [server, ...writers]) fake.copies = 3;
  for (let hook = 0; hook < 2; hook += 1) now = await mimir.run('update-status', leading(3, now, units));
  expect(behind(now)).toBe('write/1');
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 95_000 });
  now = await mimir.run('update-status', leading(3, now, units)).finally(() => vi.useRealTimers());
  expect(told(now)).toEqual({ copies: { since: expect.any(Number) }, factor: 3 });
});

/** The same, when all that it did itself is done by another application, `rest`. */
function onlyLeading(factor: number, from?: Outcome): State {
  const units = { 0: readyFor(3), 1: readyFor(3) };
  const state = leading(factor, from, units);
  const rest = relation('mimir-cluster', {
    id: 8,
    remoteApp: 'rest',
    remoteAppData: { role: '"read,backend"', planned_units: '1' },
    remoteUnits: {
      0: { ip: JSON.stringify(REST), address: '"rest-0.rest-endpoints.cos.svc.cluster.local"' },
    },
    localAppData: from === undefined ? {} : findRelation(from, 8).localAppData,
  });
  return {
    ...state,
    config: { roles: 'none', 'replication-factor': factor },
    relations: [...state.relations, rest],
  };
}

test('one that leads and runs no Mimir itself asks those that do', async () => {
  await using other = await FakeMimir.at(REST);
  other.copies = 1;
  let now = await mimir.run(ready, onlyLeading(1));
  for (let hook = 0; hook < 4; hook += 1) now = await mimir.run('config-changed', onlyLeading(3, now));
  expect(now.serviceStarts).toEqual([]);
  expect(told(now)).toMatchObject({ copies: { hold: 3 }, factor: 3 });
  for (const fake of writers) fake.copies = 3;
  now = await mimir.run('update-status', onlyLeading(3, now));
  expect(behind(now)).toBe('rest/0');
  other.copies = 3;
  now = await mimir.run('update-status', onlyLeading(3, now));
  expect(told(now)).toEqual({ copies: { since: expect.any(Number) }, factor: 3 });
});

test('who thinks better of it twice lets nobody take writes before all run by the number that holds', async () => {
  let now = await until(({ factor }) => factor === 3, 3, { units: { 0: readyFor(3), 1: readyFor(3) } });
  const units = { 0: { flushed_for: '1' }, 1: { flushed_for: '1' } };
  now = await until(({ copies }) => JSON.stringify(copies).includes('"hold":1'), 1, { from: now, units });
  server.copies = 3;
  for (let hook = 0; hook < 3; hook += 1) now = await mimir.run('config-changed', leading(3, now));
  expect(behind(now)).toBe('write/0');
  expect(told(now)).toMatchObject({ copies: { hold: 1 }, factor: 3 });
  for (const fake of writers) fake.copies = 3;
  now = await mimir.run('update-status', leading(3, now));
  expect(told(now)).toEqual({ copies: { since: expect.any(Number) }, factor: 3 });
});

describe('a unit of one that has joined', () => {
  let bag: Bag;
  beforeAll(async () => {
    const led = await mimir.run(ready, leading(1));
    bag = { ...findRelation(led, 7).localAppData, s3_secret_id: JSON.stringify(`secret:${S3_SECRET.id}`) };
  });

  function joined(words: Bag, from?: Outcome): State {
    const cluster = relation('join-cluster', {
      id: 6,
      remoteApp: 'leading',
      remoteAppData: { ...bag, ...words },
      localUnitData: from === undefined ? {} : findRelation(from, 6).localUnitData,
    });
    const base = from === undefined ? world(HOST, { secrets: [S3_SECRET] }) : stateOf(from);
    return {
      ...base,
      config: { roles: 'write' },
      relations: [peerRelation('mimir-peers', { id: 1 }), cluster],
    };
  }

  const says = (outcome: Outcome) => {
    const { flushed_for: flushed, held_for: held } = findRelation(outcome, 6).localUnitData;
    return { flushed, held };
  };
  const copies = (word: object): Bag => ({ copies: JSON.stringify(word) });
  /** The configuration with another number. */
  const withFactor = (factor: number): Bag => ({
    replication_factor: String(factor),
    worker_config: (bag.worker_config ?? '').replaceAll(
      /(ingester\\":\{\\"ring\\":\{\\"replication_factor\\":)1/g,
      `$1${factor}`,
    ),
  });

  test('flushes, takes no writes, restarts on the new number, and takes writes again', async () => {
    const running = await mimir.run(ready, joined({}));
    expect(says(running)).toEqual({});
    const flushed = await mimir.run('update-status', joined(copies({ to_come: 3 }), running));
    expect(server.asks).toContain('/ingester/flush');
    expect(says(flushed)).toEqual({ flushed: '3' });
    expect(server.rings.takesWrites).toBe(true);
    const hold = copies({ to_come: 3, hold: 3 });
    const asked = await mimir.run('update-status', joined(hold, flushed));
    const held = await mimir.run('update-status', joined(hold, asked));
    expect(server.rings.takesWrites).toBe(false);
    expect(says(held)).toEqual({ flushed: '3', held: '3' });
    expect(held.unitStatus).toEqual(
      waiting("[replication-factor] from 1 to 3: waiting for the leader's word"),
    );
    const now = { ...copies({ since: LONG_AGO, hold: 3 }), ...withFactor(3) };
    const come = await mimir.run('update-status', joined(now, held));
    expect(come.serviceStarts).toEqual(['mimir/mimir']);
    expect(configOf(come).ingester).toMatchObject({ ring: { replication_factor: 3 } });
    const early = await mimir.run('update-status', joined(now, come));
    expect(early.unitStatus).toEqual(
      waiting('[replication-factor] takes no writes until all units run with 3'),
    );
    expect(server.rings.takesWrites).toBe(false);
    const later = { ...copies({ since: LONG_AGO }), ...withFactor(3) };
    const end = await mimir.run('update-status', joined(later, early));
    expect(server.rings.takesWrites).toBe(true);
    expect(end.unitStatus).toEqual(active());
    expect(says(end)).toEqual({});
  });

  test('takes writes again when the one that leads thinks better of it', async () => {
    const running = await mimir.run(ready, joined({}));
    let now = running;
    for (const word of [{ to_come: 3 }, { to_come: 3, hold: 3 }, { to_come: 3, hold: 3 }])
      now = await mimir.run('update-status', joined(copies(word), now));
    expect(server.rings.takesWrites).toBe(false);
    now = await mimir.run('update-status', joined({}, now));
    expect(server.rings.takesWrites).toBe(true);
    expect(now.serviceStarts).toEqual([]);
    expect(says(now)).toEqual({});
  });
});
