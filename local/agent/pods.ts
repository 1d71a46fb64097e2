/** Which pods are ready: what Kubernetes knows of them, and no agent of another unit does. */
import { EventEmitter } from 'node:events';

interface PodsEvents {
  /** A pod has become ready, or is not any more. */
  changed: [];
}

export class Pods extends EventEmitter<PodsEvents> {
  readonly #ready = new Set<string>();

  constructor() {
    super();
    // One listener for each unit.
    this.setMaxListeners(0);
  }

  isReady(unit: string): boolean {
    return this.#ready.has(unit);
  }

  set(unit: string, ready: boolean): void {
    if (this.#ready.has(unit) === ready) return;
    if (ready) this.#ready.add(unit);
    else this.#ready.delete(unit);
    this.emit('changed');
  }
}
