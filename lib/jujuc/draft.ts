/**
 * One hook in progress: the unit's view as it stood, what the hook has asked for since, and what has already
 * taken effect. Reads go through it, so that a hook sees its own wishes.
 */
import { alteringChanges, applyBag, applyPorts } from './commit.ts';
import type { Known } from './flags.ts';
import { refuse } from './refusal.ts';
import { SecretDraft } from './secret-draft.ts';
import type { Bag, HookHost, HookScope, Pending, RelationView, StatusValue, UnitView } from './view.ts';

export class Draft implements Known {
  readonly view: UnitView;
  readonly scope: HookScope;
  readonly host: HookHost;
  readonly secrets: SecretDraft;
  readonly storageAdd = new Map<string, number>();
  unitStatus: StatusValue;
  appStatus: StatusValue;
  actionResults: Readonly<Record<string, unknown>> = {};
  leaderSettings: Bag;
  reboot: 'after' | 'now' | undefined;
  /** Key to value; undefined: deleted in this hook. */
  readonly #state = new Map<string, string | undefined>();
  /** Port to whether it is wished open or closed. */
  readonly #ports = new Map<string, boolean>();
  readonly #relationUnit = new Map<number, Bag>();
  readonly #relationApp = new Map<number, Bag>();

  constructor(view: UnitView, scope: HookScope, host: HookHost) {
    this.view = view;
    this.scope = scope;
    this.host = host;
    this.secrets = new SecretDraft(view, host);
    this.unitStatus = view.unitStatus;
    this.appStatus = view.appStatus;
    this.leaderSettings = view.leaderSettings ?? {};
  }

  hasRelation(id: number): boolean {
    return this.view.relations.some((relation) => relation.id === id);
  }

  hasStorage(id: string): boolean {
    return this.view.storages.some((storage) => storage.id === id);
  }

  relation(id: number): RelationView {
    return this.view.relations.find((relation) => relation.id === id) ?? refuse('relation not found');
  }

  ownUnitBag(relation: RelationView): Bag {
    return applyBag(relation.ownUnit, this.#relationUnit.get(relation.id) ?? {});
  }

  ownAppBag(relation: RelationView): Bag {
    return applyBag(relation.ownApp, this.#relationApp.get(relation.id) ?? {});
  }

  setBag(relation: RelationView, side: 'unit' | 'app', changes: Bag): void {
    const bags = side === 'unit' ? this.#relationUnit : this.#relationApp;
    bags.set(relation.id, { ...bags.get(relation.id), ...changes });
  }

  state(): Bag {
    const after = new Map<string, string | undefined>([...Object.entries(this.view.state), ...this.#state]);
    return Object.fromEntries(
      [...after].filter((entry): entry is [string, string] => entry[1] !== undefined),
    );
  }

  setState(key: string, value: string): void {
    if (this.state()[key] === value) return;
    this.#state.set(key, value);
  }

  deleteState(key: string): void {
    if (Object.hasOwn(this.view.state, key)) this.#state.set(key, undefined);
    else this.#state.delete(key);
  }

  ports(): readonly string[] {
    return applyPorts(this.view.ports, this.#portWishes());
  }

  wishPort(port: string, open: boolean): void {
    this.#ports.set(port, open);
  }

  pending(): Pending {
    const state = [...this.#state];
    return {
      relationUnit: this.#altered(this.#relationUnit, (relation) => relation.ownUnit),
      relationApp: this.#altered(this.#relationApp, (relation) => relation.ownApp),
      stateSet: Object.fromEntries(
        state.filter((e): e is [string, string] => e[1] !== undefined && this.view.state[e[0]] !== e[1]),
      ),
      stateDelete: state.filter(([, value]) => value === undefined).map(([key]) => key),
      ...this.#portWishes(),
      secrets: this.secrets.changes(),
      storageAdd: Object.fromEntries(this.storageAdd),
      ...(this.reboot === undefined ? {} : { reboot: this.reboot }),
    };
  }

  /** Only wishes that change something. */
  #portWishes(): Pick<Pending, 'openPorts' | 'closePorts'> {
    const wishes = [...this.#ports].filter(([port, open]) => this.view.ports.includes(port) !== open);
    return {
      openPorts: wishes.filter(([, open]) => open).map(([port]) => port),
      closePorts: wishes.filter(([, open]) => !open).map(([port]) => port),
    };
  }

  #altered(bags: ReadonlyMap<number, Bag>, before: (relation: RelationView) => Bag): Record<number, Bag> {
    const altered: Record<number, Bag> = {};
    for (const [id, changes] of bags) {
      const left = alteringChanges(before(this.relation(id)), changes);
      if (Object.keys(left).length > 0) altered[id] = left;
    }
    return altered;
  }
}
