/** Applications of one unit each that make one Mimir, hook by hook: each with its own world and its own Mimir. */
import {
  type Context,
  context,
  type EventInput,
  exec,
  findRelation,
  peerRelation,
  type RelationState,
  relation,
  type State,
  stateOf,
} from 'charmwright/testing';
import { mimir as charm } from '../../charm/charm.ts';
import type { Spec } from '../../charm/generated.ts';
import { FakeMimir } from './fake-mimir.ts';
import { configOf, gateway, image, S3_SECRET, s3, world } from './mimir-world.ts';

/** The application that leads. */
const LEADING = 'mimir';

type Bag = Readonly<Record<string, string>>;
type Hook = 'pebble-ready' | 'config-changed' | 'update-status' | `broken ${string}`;

interface Application {
  readonly name: string;
  readonly roles: string;
  readonly host: string;
  readonly fake: FakeMimir;
  /** Of its relation to the one that leads, there. */
  readonly relation: number;
  readonly context: Context<Spec>;
  state: State;
  /** What it says to the cluster, and to itself. */
  said: { readonly app: Bag; readonly unit: Bag };
  peers: Bag;
  hooks: Hook[];
}

export class SmallCluster implements AsyncDisposable {
  /** Applications whose Mimirs were started, in their order. */
  readonly starts: string[] = [];
  #config: Readonly<Record<string, string>> = {};
  #applications: readonly Application[];
  readonly #gone: FakeMimir[] = [];
  /** What is left out of what the leading application says, as an older charm of it does. */
  readonly #unsaid: readonly string[];

  /** @param roles by application @param host the first of as many addresses, such as `127.78.1.220` */
  static async of(
    roles: Readonly<Record<string, string>>,
    host: string,
    unsaid: readonly string[] = [],
  ): Promise<SmallCluster> {
    const applications = Object.entries({ [LEADING]: 'read,backend', ...roles }).map(
      async ([name, own], at): Promise<Application> => {
        const address = host.replace(/\d+$/, (last) => String(Number(last) + at));
        const fake = await FakeMimir.at(address);
        const begins = () => {
          fake.ready = false;
          return {};
        };
        return {
          name,
          roles: own,
          host: address,
          fake,
          relation: 10 + at,
          context: context(charm, { app: name }),
          state: world(address, {
            secrets: [S3_SECRET],
            containers: [image({ execs: [exec(['/bin/mimir', '-modules'], begins)] }), gateway()],
          }),
          said: { app: {}, unit: {} },
          peers: {},
          hooks: ['pebble-ready'],
        };
      },
    );
    const cluster = new SmallCluster(await Promise.all(applications), unsaid);
    await cluster.rest();
    cluster.starts.length = 0;
    return cluster;
  }

  private constructor(applications: readonly Application[], unsaid: readonly string[]) {
    this.#applications = applications;
    this.#unsaid = unsaid;
  }

  /** Options of the application that leads. */
  configure(config: Readonly<Record<string, string>>): void {
    this.#config = config;
    this.#of(LEADING).hooks.push('config-changed');
  }

  /** As Juju does every five minutes. */
  wake(): void {
    for (const { hooks } of this.#applications) hooks.push('update-status');
  }

  becomesReady(name: string): void {
    const application = this.#of(name);
    application.fake.ready = true;
    application.hooks.push('update-status');
  }

  /** It is gone, and the one that leads is told. */
  remove(name: string): void {
    this.#of(LEADING).hooks.push(`broken ${name}`);
  }

  /** Until no hook is left to run. */
  async settle(): Promise<void> {
    const busy = () => this.#applications.find(({ hooks }) => hooks.length > 0);
    for (let next = busy(); next !== undefined; next = busy()) await this.#hook(next);
  }

  /** The same, each Mimir serving at once. */
  async rest(): Promise<void> {
    for (;;) {
      await this.settle();
      const starting = this.#applications.find(({ fake, state }) => !fake.ready && isRunning(state));
      if (starting === undefined) return;
      this.becomesReady(starting.name);
    }
  }

  statusOf(name: string): State['unitStatus'] {
    return this.#of(name).state.unitStatus;
  }

  /** Applications whose Mimir was last started on this level of its log. */
  on(logLevel: string): readonly string[] {
    return this.#applications
      .filter(({ state }) => JSON.stringify(configOf(state).server).includes(`"log_level":"${logLevel}"`))
      .map(({ name }) => name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const fakes = [...this.#applications.map(({ fake }) => fake), ...this.#gone];
    await Promise.all(fakes.map((fake) => fake[Symbol.asyncDispose]()));
  }

  async #hook(application: Application): Promise<void> {
    const { name, fake, context: charmed } = application;
    const hook = application.hooks.shift() ?? 'update-status';
    const served = fake.ready;
    const after = await charmed.run(this.#eventOf(hook), this.#stateOf(application));
    if (hook.startsWith('broken ')) this.#forget(hook.slice('broken '.length));
    if (after.serviceStarts.includes('mimir/mimir')) this.starts.push(name);
    else fake.ready = served;
    application.state = after;
    // A notice to itself: any event does.
    if (after.pebbleCalls.some(({ method }) => method === 'notify')) application.hooks.push('update-status');
    application.peers = findRelation(after, 'mimir-peers').localAppData;
    const said = this.#saidIn(after, name);
    if (JSON.stringify(said) === JSON.stringify(application.said)) return;
    application.said = said;
    const told = this.#applications.filter((other) => (name === LEADING) !== (other.name === LEADING));
    for (const other of told) if (!other.hooks.includes('update-status')) other.hooks.push('update-status');
  }

  #eventOf(hook: Hook): EventInput<Spec> {
    if (hook === 'pebble-ready') return { kind: hook, container: 'mimir' };
    if (hook === 'config-changed' || hook === 'update-status') return hook;
    const { relation: id } = this.#of(hook.slice('broken '.length));
    const broken = this.#members().find((member) => member.id === id);
    if (broken === undefined) throw new RangeError(`there is no relation ${id}`);
    return { kind: 'relation-broken', relation: broken };
  }

  #forget(name: string): void {
    this.#gone.push(this.#of(name).fake);
    this.#applications = this.#applications.filter((application) => application.name !== name);
  }

  #stateOf({ name, host, roles, state, peers }: Application): State {
    const own = peerRelation('mimir-peers', { id: 1, localAppData: peers });
    const relations = name === LEADING ? [s3(host), ...this.#members()] : [this.#joined(name)];
    return {
      ...stateOf(state),
      config: name === LEADING ? { roles, ...this.#config } : { roles },
      relations: [own, ...relations],
    };
  }

  #members(): readonly RelationState[] {
    const { app: localAppData } = this.#of(LEADING).said;
    return this.#applications
      .filter(({ name }) => name !== LEADING)
      .map(({ name, relation: id, said: { app, unit } }) =>
        relation('mimir-cluster', {
          id,
          remoteApp: name,
          remoteAppData: app,
          remoteUnits: { 0: unit },
          localAppData,
        }),
      );
  }

  #joined(name: string): RelationState {
    const { app, unit } = this.#of(name).said;
    const told = Object.entries(this.#of(LEADING).said.app).filter(([key]) => !this.#unsaid.includes(key));
    return relation('join-cluster', {
      id: 6,
      remoteApp: LEADING,
      // The same keys, in a secret that the world of the one that joins has.
      remoteAppData: {
        ...Object.fromEntries(told),
        ...(told.length > 0 && { s3_secret_id: JSON.stringify(`secret:${S3_SECRET.id}`) }),
      },
      localAppData: app,
      localUnitData: unit,
    });
  }

  #saidIn(state: State, name: string): Application['said'] {
    const { localAppData: app, localUnitData: unit } = findRelation(
      state,
      name === LEADING ? 'mimir-cluster' : 'join-cluster',
    );
    return { app, unit };
  }

  #of(name: string): Application {
    const found = this.#applications.find((application) => application.name === name);
    if (found === undefined) throw new RangeError(`there is no application ${name}`);
    return found;
  }
}

function isRunning({ containers }: State): boolean {
  return containers.mimir?.services.mimir === 'active';
}
