/**
 * A unit agent's side of leadership. It goes on beside the hooks, as Juju's does, so that a long hook does not cost a unit
 * its leadership; without a charm container there is no agent, and nobody renews.
 */
import { appOf } from '../model/lookup.ts';
import type { Store } from '../model/store.ts';
import type { Leases } from './leases.ts';

export interface TrackerOptions {
  readonly unit: string;
  readonly store: Store;
  readonly leases: Leases;
  /** Whether the agent is there. */
  readonly isUp: () => boolean;
}

export class LeadershipTracker {
  readonly #options: TrackerOptions;
  #claimedAt = 0;
  #renewal: NodeJS.Timeout | undefined;

  constructor(options: TrackerOptions) {
    this.#options = options;
  }

  /** Claims what nobody has, and renews what is half over. Called whenever the model changes or the agent begins. */
  look(): void {
    const { unit, store, leases, isUp } = this.#options;
    const application = store.model.applications[appOf(unit)];
    if (!isUp() || application?.units[unit] === undefined) return;
    const { leader } = application;
    const isHalfOver = Date.now() - this.#claimedAt >= leases.duration / 2;
    if (leader === undefined || (leader === unit && isHalfOver)) this.#claim();
  }

  stop(): void {
    clearTimeout(this.#renewal);
  }

  #claim(): void {
    const { unit, leases } = this.#options;
    this.#claimedAt = Date.now();
    if (!leases.claim(unit)) return;
    clearTimeout(this.#renewal);
    this.#renewal = setTimeout(() => {
      this.#claimedAt = 0;
      this.look();
    }, leases.duration / 2).unref();
  }
}
