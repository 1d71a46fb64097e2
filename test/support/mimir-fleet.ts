/**
 * Several units of one application, hook by hook in an order that the test chooses: each with its own world and its own
 * Mimir, all with the databags of one peer relation. A Mimir that is started serves when the test says so.
 */
import type { Bag } from 'charmwright';
import {
  type ContainerState,
  exec,
  findContainer,
  findRelation,
  peerRelation,
  type RelationState,
  type State,
  stateOf,
} from 'charmwright/testing';
import { copiesIn } from '../../charm/copies.ts';
import { CONFIG_FILE } from '../../charm/plan/paths.ts';
import { FakeMimir } from './fake-mimir.ts';
import { configOf, gateway, image, mimir, S3_SECRET, s3, world } from './mimir-world.ts';

type Hook =
  | 'pebble-ready'
  | 'config-changed'
  | 'leader-elected'
  | 'update-status'
  | 'recovered'
  | `changed ${number | 'app'}`
  | `departed ${number}`;

/** What Juju says of each unit on Kubernetes: where all of them are found. Nobody answers there. */
const SERVICE = {
  'ingress-address': '127.78.1.209',
  'private-address': '127.78.1.209',
  'egress-subnets': '127.78.1.209/32',
} as const;

interface Unit {
  state: State;
  bag: Bag;
  hooks: Hook[];
}

export class Fleet implements AsyncDisposable {
  readonly units = new Map<number, Unit>();
  /** Units whose Mimirs were started, in their order. */
  readonly starts: number[] = [];
  leader = 0;
  /** Whether all Mimirs may be stopped at one time. */
  mayStopTogether = false;
  /** The zones of the units' nodes, by number, from the next reset on. */
  zones: readonly string[] = [];
  readonly #gone = new Map<number, Unit>();
  readonly #held = new Set<number>();
  #appBag: Bag = {};
  readonly #mimirs: readonly FakeMimir[];
  readonly #host: string;
  #config: Readonly<Record<string, string | number>> = {};
  #neighbours: readonly RelationState[] = [];

  private constructor(host: string, mimirs: readonly FakeMimir[]) {
    this.#host = host;
    this.#mimirs = mimirs;
  }

  /** @param host the first of as many addresses as there are units, such as `127.78.1.160` */
  static async of(count: number, host: string): Promise<Fleet> {
    const addresses = Array.from({ length: count }, (_, i) => addressOf(host, i));
    return new Fleet(host, await Promise.all(addresses.map((address) => FakeMimir.at(address))));
  }

  /** All units anew, at rest on a bucket. @param neighbours other relations of theirs */
  async reset(
    config: Readonly<Record<string, string | number>> = {},
    neighbours: readonly RelationState[] = [],
  ): Promise<void> {
    this.#appBag = {};
    this.#config = config;
    this.#neighbours = neighbours;
    this.leader = 0;
    this.units.clear();
    this.#gone.clear();
    this.#held.clear();
    for (const [i, fake] of this.#mimirs.entries()) {
      fake.ready = false;
      fake.flushes = true;
      fake.asks.length = 0;
      fake.rings.ingesters({});
      fake.rings.takesWrites = true;
      const address = addressOf(this.#host, i);
      const zone = this.zones[i];
      this.units.set(i, {
        state: world(address, {
          ...(zone !== undefined && { stored: { zone: { zone, sure: true } } }),
          leader: i === 0,
          unitNumber: i,
          plannedUnits: this.#mimirs.length,
          relations: [],
          secrets: [S3_SECRET],
          containers: [this.#imageOf(fake), gateway()],
        }),
        bag: { ...SERVICE },
        hooks: ['pebble-ready'],
      });
    }
    await this.rest();
    this.starts.length = 0;
  }

  configure(config: Readonly<Record<string, string | number>>): void {
    this.#config = { ...this.#config, ...config };
    for (const { hooks } of this.units.values()) hooks.push('config-changed');
  }

  /** As Juju does every five minutes. */
  wake(): void {
    for (const { hooks } of this.units.values()) hooks.push('update-status');
  }

  /** Juju has chosen another unit. */
  lead(unit: number): void {
    this.leader = unit;
    for (const each of this.units.values())
      each.hooks = each.hooks.filter((hook) => hook !== 'leader-elected');
    this.units.get(unit)?.hooks.push('leader-elected');
  }

  /** The unit is gone, and the others are told. */
  remove(unit: number): void {
    const leaving = this.units.get(unit);
    if (leaving !== undefined) this.#gone.set(unit, leaving);
    this.units.delete(unit);
    const fake = this.#mimirs[unit];
    if (fake !== undefined) fake.ready = false;
    for (const { hooks } of this.units.values()) hooks.push(`departed ${unit}`);
    this.#countRing();
  }

  /** Its pod is gone, and does not come back yet: what it has said stands, and it runs no hooks. */
  hold(unit: number): void {
    this.#held.add(unit);
    this.breaks(unit);
  }

  /** A new pod, with the volume of the one before. */
  release(unit: number): void {
    this.#held.delete(unit);
    const entry = this.units.get(unit);
    const fake = this.#mimirs[unit];
    if (entry === undefined || fake === undefined) return;
    const { files } = findContainer(entry.state, 'mimir');
    entry.state = {
      ...stateOf(entry.state),
      containers: { ...entry.state.containers, mimir: this.#imageOf(fake, files) },
    };
    entry.hooks.unshift('config-changed', 'pebble-ready');
  }

  /** Units that have a hook to run. */
  busy(): readonly number[] {
    return [...this.units].filter(([i, { hooks }]) => hooks.length > 0 && !this.#held.has(i)).map(([i]) => i);
  }

  /** Units that run a Mimir, as Pebble sees it. */
  running(): readonly number[] {
    const isRunning = ({ state }: Unit) => findContainer(state, 'mimir').services.mimir === 'active';
    return [...this.units].filter(([, unit]) => isRunning(unit)).map(([i]) => i);
  }

  /** Units whose Mimir serves. */
  serving(): readonly number[] {
    return [...this.units.keys()].filter((i) => this.#mimirs[i]?.ready === true);
  }

  /** Mimirs that were started and do not serve yet. */
  starting(): readonly number[] {
    return this.running().filter((i) => this.#mimirs[i]?.ready === false && !this.#held.has(i));
  }

  /** @param silently Pebble's check was never down, and the charm is not woken. */
  becomesReady(unit: number, silently = false): void {
    const fake = this.#mimirs[unit];
    if (fake !== undefined) fake.ready = true;
    this.#countRing();
    if (!silently) this.units.get(unit)?.hooks.push('recovered');
  }

  breaks(unit: number): void {
    const fake = this.#mimirs[unit];
    if (fake !== undefined) fake.ready = false;
    this.#countRing();
  }

  /** The next hook of a unit; killed after so many of its calls, it is still to run. @returns whether it was killed */
  async hook(unit: number, killAfterEffect?: number): Promise<boolean> {
    const entry = this.units.get(unit);
    const hook = entry?.hooks[0];
    if (entry === undefined || hook === undefined) return false;
    const serving = this.serving();
    const fake = this.#mimirs[unit];
    const after = await mimir.run(
      this.#eventOf(hook),
      this.#stateOf(unit, entry),
      killAfterEffect === undefined ? {} : { killAfterEffect, onFailure: 'return' },
    );
    if (after.serviceStarts.length > 0) {
      this.starts.push(unit);
      const configuration = String(findContainer(after, 'mimir').files[CONFIG_FILE]);
      if (fake !== undefined) Object.assign(fake, { copies: copiesIn(configuration), configuration });
      if (!this.mayStopTogether && serving.includes(unit) && serving.length < this.units.size)
        throw new Error(`unit ${unit} was restarted while only ${serving.join(', ')} served`);
    } else if (fake !== undefined) fake.ready = serving.includes(unit);
    this.#countRing();
    entry.state = after;
    if (after.killed) return true;
    entry.hooks.shift();
    // A notice to itself: any event does.
    if (after.pebbleCalls.some(({ method }) => method === 'notify')) entry.hooks.push('update-status');
    this.#publish(unit, entry, findRelation(after, 'mimir-peers'));
    return false;
  }

  /** Until no hook is left to run, each Mimir serving at once. */
  async rest(): Promise<void> {
    for (let turn = 0; ; turn += 1) {
      const all = this.busy();
      const busy = all[turn % all.length];
      const [starting] = this.starting();
      if (busy !== undefined) await this.hook(busy);
      else if (starting !== undefined) this.becomesReady(starting);
      else return;
    }
  }

  statusOf(unit: number): State['unitStatus'] | undefined {
    return this.units.get(unit)?.state.unitStatus;
  }

  /** What each says, for the message of a test that fails. */
  told(): string {
    const units = [...this.units].map(
      ([i, { state, bag }]) => `${i}: ${state.unitStatus.message} ${bag.restart}`,
    );
    return [...units, `turn: ${this.#appBag.turn}`].join('\n');
  }

  /** The Mimir of a unit. */
  mimirOf(unit: number): FakeMimir {
    const fake = this.#mimirs[unit];
    if (fake === undefined) throw new RangeError(`there is no unit ${unit}`);
    return fake;
  }

  /** The number of copies that each unit's Mimir was last started with. */
  copies(): readonly unknown[] {
    return [...this.units.keys()].map((i) => this.#mimirs[i]?.copies);
  }

  /** The rings that know zones by what each unit's Mimir was last started on. */
  ringsInZones(): readonly (readonly string[])[] {
    return [...this.units.values()].map(({ state }) =>
      Object.entries(configOf(state))
        .filter(([, section]) => JSON.stringify(section).includes('"zone_awareness_enabled":true'))
        .map(([ring]) => ring)
        .toSorted(),
    );
  }

  /** Whether each unit's ingester takes writes. */
  takeWrites(): readonly boolean[] {
    return [...this.units.keys()].map((i) => this.#mimirs[i]?.rings.takesWrites === true);
  }

  /** Units whose Mimir was last started on this level of its log. */
  on(logLevel: string): readonly number[] {
    return [...this.units]
      .filter(([, { state }]) => JSON.stringify(configOf(state).server).includes(`"log_level":"${logLevel}"`))
      .map(([i]) => i);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#mimirs.map((fake) => fake[Symbol.asyncDispose]()));
  }

  /** It is asked what it thinks of a configuration right before it is started on it. */
  #imageOf(fake: FakeMimir, files: ContainerState['files'] = {}): ContainerState {
    return image({ files, execs: [exec(['/bin/mimir', '-modules'], () => this.#begins(fake))] });
  }

  #begins(fake: FakeMimir): Record<string, never> {
    fake.ready = false;
    return {};
  }

  #stateOf(unit: number, { state, bag, hooks }: Unit): State {
    const others = [...this.units, ...this.#gone]
      .filter(([i]) => i !== unit)
      // Names of units mean nothing here.
      .map(([i, other]) => [i, { ...other.bag, ip: addressOf(this.#host, i) }] as const);
    const peers = {
      ...peerRelation('mimir-peers', {
        id: 1,
        localAppData: this.#appBag,
        localUnitData: bag,
        units: Object.fromEntries(others),
      }),
      // Until it is told, a unit sees the one that left.
      departed: [...this.#gone.keys()].filter((i) => !hooks.includes(`departed ${i}`)),
    };
    return {
      ...state,
      leader: unit === this.leader,
      plannedUnits: this.units.size,
      config: this.#config,
      relations: [peers, s3(addressOf(this.#host, 0)), ...this.#neighbours],
    };
  }

  #eventOf(hook: Hook): Parameters<typeof mimir.run>[0] {
    const [kind, who = ''] = hook.split(' ');
    const peers = { relation: 'mimir-peers' } as const;
    switch (kind) {
      case 'pebble-ready':
        return { kind, container: 'mimir' };
      case 'recovered':
        return { kind: 'pebble-check-recovered', container: 'mimir', check: 'mimir-ready' };
      case 'changed':
        return { kind: 'relation-changed', ...peers, ...(who !== 'app' && { remoteUnit: Number(who) }) };
      case 'departed':
        return { kind: 'relation-departed', ...peers, remoteUnit: Number(who) };
      case 'config-changed':
      case 'leader-elected':
      case 'update-status':
        return kind;
      default:
        throw new TypeError(`no such hook: ${hook}`);
    }
  }

  #publish(unit: number, entry: Unit, now: ReturnType<typeof findRelation>): void {
    if (JSON.stringify(now.localUnitData) !== JSON.stringify(entry.bag)) this.#tell(unit, `changed ${unit}`);
    if (JSON.stringify(now.localAppData) !== JSON.stringify(this.#appBag)) this.#tell(unit, 'changed app');
    entry.bag = now.localUnitData;
    this.#appBag = now.localAppData;
  }

  /** As Juju does: a change that is still to be told is told once. */
  #tell(from: number, hook: Hook): void {
    for (const [i, { hooks }] of this.units) if (i !== from && !hooks.includes(hook)) hooks.push(hook);
  }

  #countRing(): void {
    const active = [...this.units.keys()].filter((i) => this.#mimirs[i]?.ready === true).length;
    for (const fake of this.#mimirs) fake.ingesters = active;
  }
}

function addressOf(host: string, unit: number): string {
  return host.replace(/\d+$/, (last) => String(Number(last) + unit));
}
