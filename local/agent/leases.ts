/**
 * The controller's side of leadership: one lease for each application, which ends unless its holder renews it. When it
 * ends belongs to the running daemon and not to the model; a daemon that starts gives each holder the whole time again,
 * as a controller does that takes over.
 */
import { claimLeadership, mayLead, revokeLeadership } from '../model/leadership.ts';
import { appOf } from '../model/lookup.ts';
import { leaseDuration } from '../model/model-config.ts';
import type { Store } from '../model/store.ts';

export class Leases {
  readonly #store: Store;
  readonly #ends = new Map<string, NodeJS.Timeout>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** How long a lease runs that is claimed now, in milliseconds. */
  get duration(): number {
    return leaseDuration(this.#store.model.config);
  }

  /** A unit that has never run keeps the leadership it was given at first until its agent claims it. */
  start(): void {
    for (const { name, leader, units } of Object.values(this.#store.model.applications))
      if (leader !== undefined && units[leader]?.agent.installed === true) this.#run(name, leader);
  }

  stop(): void {
    for (const end of this.#ends.values()) clearTimeout(end);
    this.#ends.clear();
  }

  /** A unit's agent takes what nobody has, or renews what it has. @returns whether the unit leads. */
  claim(unit: string): boolean {
    const { model } = this.#store;
    if (!mayLead(model, unit)) return false;
    const app = appOf(unit);
    // First the time: whoever hears of a change of the model may ask at once.
    this.#run(app, unit);
    if (model.applications[app]?.leader !== unit) this.#store.update((draft) => claimLeadership(draft, unit));
    return true;
  }

  /** The unit is dead: its lease ends with it, in the model. */
  forget(unit: string): void {
    const app = appOf(unit);
    if (this.#store.model.applications[app]?.leader === unit) clearTimeout(this.#ends.get(app));
  }

  #run(app: string, unit: string): void {
    clearTimeout(this.#ends.get(app));
    const end = setTimeout(() => this.#end(app, unit), this.duration);
    this.#ends.set(app, end.unref());
  }

  #end(app: string, unit: string): void {
    this.#ends.delete(app);
    this.#store.update((model) => {
      const application = model.applications[app];
      if (application?.leader === unit) revokeLeadership(application);
    });
  }
}
