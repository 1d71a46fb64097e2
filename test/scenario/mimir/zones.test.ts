/** Copies of a series in different zones: chosen anew with their number, for an application alone and for a cluster. */
import { active, waiting } from 'charmwright';
import { findRelation, type Outcome, peerRelation, relation, type State, stateOf } from 'charmwright/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { FakeMimir } from '../../support/fake-mimir.ts';
import { Fleet } from '../../support/mimir-fleet.ts';
import { gateway, image, mimir, S3_SECRET, s3, world } from '../../support/mimir-world.ts';
import { chance } from '../../support/shuffle.ts';

vi.mock('../../../charm/patience.ts', () => import('../../support/no-patience.ts'));
vi.mock('../../../charm/drain/drain.ts', () => import('../../support/drained-without-bucket.ts'));

const UNITS = [0, 1, 2] as const;
const NONE: readonly string[] = [];
const ALL = ['alertmanager', 'ingester', 'store_gateway'];

describe('three units', () => {
  let fleet: Fleet;
  beforeAll(async () => {
    fleet = await Fleet.of(UNITS.length, '127.78.2.30');
    fleet.mayStopTogether = true;
  });
  afterAll(() => fleet[Symbol.asyncDispose]());

  async function change(copies: number): Promise<void> {
    fleet.configure({ 'replication-factor': copies });
    await vi.waitFor(async () => {
      fleet.wake();
      await fleet.rest();
      expect(fleet.copies(), fleet.told()).toEqual(UNITS.map(() => copies));
    });
  }

  test('that have run with one copy keep three in as many zones, and forget zones with one', async () => {
    fleet.zones = ['a', 'b', 'c'];
    await fleet.reset({ 'replication-factor': 1 });
    expect(fleet.ringsInZones()).toEqual([NONE, NONE, NONE]);
    await change(3);
    expect(fleet.ringsInZones()).toEqual([ALL, ALL, ALL]);
    expect(fleet.starts.toSorted(), 'all at one time, once').toEqual([0, 1, 2]);
    await change(1);
    expect(fleet.ringsInZones()).toEqual([NONE, NONE, NONE]);
  });

  test('that have come to fewer zones meanwhile keep copies anywhere', async () => {
    fleet.zones = ['a', 'b', 'b'];
    await fleet.reset({ 'replication-factor': 1 });
    await change(3);
    expect(fleet.ringsInZones()).toEqual([NONE, NONE, NONE]);
  });
});

describe('the option', () => {
  let fleet: Fleet;
  beforeAll(async () => {
    fleet = await Fleet.of(UNITS.length, '127.78.2.50');
    fleet.mayStopTogether = true;
    fleet.zones = ['a', 'b', 'c'];
  });
  afterAll(() => fleet[Symbol.asyncDispose]());
  beforeEach(() => fleet.reset({ 'replication-factor': 3, 'zone-awareness': 'off' }));

  /** What one Mimir writes into one zone, another one that knows zones does not see. */
  function look(): void {
    const areMixed = new Set(fleet.ringsInZones().map(String)).size > 1;
    if (areMixed) expect(fleet.takeWrites(), fleet.told()).toEqual([false, false, false]);
  }

  async function settle(): Promise<void> {
    for (let busy = fleet.busy(), turn = 0; busy.length > 0; busy = fleet.busy(), turn += 1) {
      await fleet.hook(busy[turn % busy.length] ?? 0);
      look();
    }
  }

  async function untilIn(rings: readonly string[]): Promise<void> {
    await vi.waitFor(async () => {
      fleet.wake();
      await settle();
      expect(fleet.ringsInZones(), fleet.told()).toEqual([rings, rings, rings]);
    });
    await fleet.rest();
    expect(fleet.takeWrites()).toEqual([true, true, true]);
    for (const unit of UNITS) expect(fleet.statusOf(unit)).toEqual(active());
  }

  test('brings three copies into zones and out of them, and no two places are written to at one time', async () => {
    expect(fleet.ringsInZones()).toEqual([NONE, NONE, NONE]);
    fleet.configure({ 'zone-awareness': 'on' });
    await untilIn(ALL);
    expect(fleet.starts.toSorted(), 'all at one time, once').toEqual([0, 1, 2]);
    fleet.configure({ 'zone-awareness': 'auto' });
    await untilIn(ALL);
    expect(fleet.starts).toHaveLength(3);
    fleet.configure({ 'zone-awareness': 'off' });
    await untilIn(NONE);
    expect(fleet.copies()).toEqual([3, 3, 3]);
  });

  test('comes with another number of copies, too', async () => {
    fleet.configure({ 'replication-factor': 1, 'zone-awareness': 'on' });
    await untilIn(NONE);
    fleet.configure({ 'replication-factor': 3 });
    await untilIn(ALL);
  });

  test.each(
    Array.from({ length: 15 }, (_, seed) => seed),
  )('in order %i hooks are killed, leaders change and Mimirs end: the last wish comes', async (seed) => {
    const random = chance(seed);
    const pick = <T>(from: readonly T[]): T | undefined => from[Math.floor(random() * from.length)];
    let changes = [['on'], ['on', 'off'], ['on', 'off', 'on']][seed % 3] ?? [];
    const last = changes.at(-1) === 'on' ? ALL : NONE;
    for (let step = 0; step < 200; step += 1) {
      const [busy, starting] = [fleet.busy(), fleet.starting()];
      if (random() < 0.04 && changes[0] !== undefined) {
        fleet.configure({ 'zone-awareness': changes[0] });
        changes = changes.slice(1);
      } else if (random() < 0.04) fleet.lead(pick(UNITS) ?? 0);
      else if (random() < 0.03) fleet.breaks(pick(UNITS) ?? 0);
      else if (starting.length > 0 && (busy.length === 0 || random() < 0.2))
        fleet.becomesReady(pick(starting) ?? 0);
      else if (busy.length > 0)
        await fleet.hook(pick(busy) ?? 0, random() < 0.2 ? 1 + Math.floor(random() * 40) : undefined);
      else fleet.wake();
      look();
    }
    for (const change of changes) fleet.configure({ 'zone-awareness': change });
    await untilIn(last);
  });

  test('waits for zones while units are in too few', async () => {
    fleet.zones = ['a', 'b', 'b'];
    await fleet.reset({ 'replication-factor': 3, 'zone-awareness': 'on' });
    fleet.zones = ['a', 'b', 'c'];
    expect(fleet.ringsInZones()).toEqual([NONE, NONE, NONE]);
    expect(fleet.statusOf(0)).toEqual(
      waiting('[zone-awareness] on, and waits for ingesters to be in 3 zones, and none outside of one'),
    );
    expect(fleet.statusOf(1)).toEqual(active());
    expect(fleet.takeWrites()).toEqual([true, true, true]);
  });
});

describe('the application that leads a cluster', () => {
  const HOST = '127.78.2.40';
  const WRITERS = ['127.78.2.41', '127.78.2.42', '127.78.2.43'] as const;
  const ready = { kind: 'pebble-ready', container: 'mimir' } as const;
  type Bag = Readonly<Record<string, string>>;

  let mimirs: readonly FakeMimir[];
  beforeAll(async () => {
    mimirs = await Promise.all([HOST, ...WRITERS].map((host) => FakeMimir.at(host)));
  });
  afterAll(() => Promise.all(mimirs.map((fake) => fake[Symbol.asyncDispose]())));
  beforeEach(() => {
    for (const fake of mimirs) fake.copies = 1;
  });

  /** @param zones of the units of `write` that have spoken; it is to have three */
  function leading(
    factor: number,
    zones: readonly string[],
    { from, words = {}, options = {} }: { from?: Outcome; words?: Bag; options?: Bag } = {},
  ): State {
    const units = zones.map(
      (zone, unit): Bag => ({
        ip: JSON.stringify(WRITERS[unit]),
        address: JSON.stringify(`write-${unit}.write-endpoints.cos.svc.cluster.local`),
        zone: JSON.stringify(zone),
        ...words,
      }),
    );
    const write = relation('mimir-cluster', {
      id: 7,
      remoteApp: 'write',
      remoteAppData: { role: '"distributor,ingester"', planned_units: '3' },
      remoteUnits: Object.fromEntries(units.entries()),
      localAppData: from === undefined ? {} : findRelation(from, 7).localAppData,
    });
    const fresh = world(HOST, {
      containers: [image(), gateway()],
      stored: { zone: { zone: 'a', sure: true } },
    });
    return {
      ...(from === undefined ? fresh : stateOf(from)),
      config: { roles: 'read,backend', 'replication-factor': factor, ...options },
      relations: [
        from === undefined ? peerRelation('mimir-peers', { id: 1 }) : findRelation(from, 'mimir-peers'),
        s3(HOST),
        write,
      ],
      secrets: from === undefined ? [S3_SECRET] : stateOf(from).secrets,
    };
  }

  /** Of what those are told who have joined. */
  function told(outcome: Outcome): { readonly copies: unknown; readonly inZones: readonly string[] } {
    const { worker_config: text = '"{}"', replication_factor: copies } = findRelation(
      outcome,
      7,
    ).localAppData;
    const settings: Readonly<Record<string, unknown>> = JSON.parse(JSON.parse(text));
    const inZones = Object.keys(settings).filter((key) =>
      JSON.stringify(settings[key]).includes('"zone_awareness_enabled":true'),
    );
    return { copies: copies === undefined ? undefined : JSON.parse(copies), inZones };
  }

  test('chooses for each ring, when all units that have it have spoken', async () => {
    const early = await mimir.run(ready, leading(3, ['a', 'b']));
    expect(told(early)).toEqual({ copies: undefined, inZones: [] });
    expect(early.unitStatus).toEqual(
      waiting('[mimir-peers] waiting until all units of write have said in which zone they are'),
    );
    const state = leading(3, ['a', 'b', 'c'], { from: early });
    const joins = { kind: 'relation-changed', relation: findRelation(state, 7), remoteUnit: 2 } as const;
    const chosen = await mimir.run(joins, state);
    expect(told(chosen)).toEqual({ copies: 3, inZones: ['ingester'] });
    expect(findRelation(chosen, 'mimir-peers').localAppData).toMatchObject({ 'zone-aware': 'ingester' });
    const moved = await mimir.run('update-status', leading(3, ['c', 'c', 'c'], { from: chosen }));
    expect(told(moved)).toEqual({ copies: 3, inZones: ['ingester'] });
    expect(moved.unitStatus.message).toContain('writes fail: ingesters are in 1 zone for 3 copies');
  });

  test.each<[string, readonly string[], readonly string[]]>([
    ['in as many zones', ['a', 'b', 'c'], ['ingester']],
    ['in fewer', ['a', 'b', 'b'], []],
  ])('chooses anew when more copies come to units %s', async (_where, zones, inZones) => {
    const words = { flushed_for: '3', held_for: '3' };
    let now = await mimir.run(ready, leading(1, zones));
    expect(told(now)).toEqual({ copies: 1, inZones: [] });
    for (let hook = 0; told(now).copies !== 3; hook += 1) {
      expect(hook, now.unitStatus.message).toBeLessThan(10);
      expect(told(now).inZones).toEqual([]);
      now = await mimir.run('config-changed', leading(3, zones, { from: now, words }));
    }
    expect(told(now)).toEqual({ copies: 3, inZones });
  });

  test('brings three copies into zones at the wish of its operator, as another number', async () => {
    const on = { 'zone-awareness': 'on' };
    const zones = ['a', 'b', 'c'];
    let now = await mimir.run(ready, leading(3, zones, { options: { 'zone-awareness': 'off' } }));
    expect(told(now)).toEqual({ copies: 3, inZones: [] });
    const words = new Set<string | undefined>();
    const member = { flushed_for: '4', held_for: '4' };
    for (let hook = 0; told(now).inZones.length === 0; hook += 1) {
      expect(hook, now.unitStatus.message).toBeLessThan(10);
      now = await mimir.run('config-changed', leading(3, zones, { from: now, words: member, options: on }));
      words.add(findRelation(now, 7).localAppData.copies?.replace(/"since":\d+/, '"since":0'));
    }
    expect([...words]).toEqual(['{"hold":4,"to_come":4}', '{"hold":4,"since":0}']);
    expect(told(now)).toEqual({ copies: 3, inZones: ['ingester'] });
  });

  test('holds no writes while a unit has not said where it is', async () => {
    const words = { flushed_for: '3', held_for: '3' };
    let now = await mimir.run(ready, leading(1, ['a', 'b']));
    for (let hook = 0; hook < 3; hook += 1)
      now = await mimir.run('config-changed', leading(3, ['a', 'b'], { from: now, words }));
    expect(now.unitStatus).toEqual(
      waiting(
        '[replication-factor] from 1 to 3: waiting until all units of write have said in which zone they are',
      ),
    );
    expect(findRelation(now, 7).localAppData.copies).toBe('{"to_come":3}');
    expect(told(now).copies).toBe(1);
  });
});
