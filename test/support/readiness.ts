/** Looks at each unit's Mimir, several times a second: who is ready, and how many were not at one time. */
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';

const PAUSE_MS = 200;
/** One that is so slow on a busy machine is there all the same. */
const SLOWEST_ANSWER_MS = 10_000;

export class Readiness implements AsyncDisposable {
  /** The most that were away at one time. */
  mostAway = 0;
  /** Of all together. */
  secondsAway = 0;
  /** Units that went away, in their order. */
  readonly ends: number[] = [];
  readonly now: boolean[];
  readonly #loops: Promise<unknown>;
  #ended = false;

  /** @param urls of units that are ready. */
  constructor(urls: readonly string[]) {
    this.now = urls.map(() => true);
    this.#loops = Promise.all(urls.map((url, unit) => this.#watch(url, unit)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended = true;
    await this.#loops;
  }

  async #watch(url: string, unit: number): Promise<void> {
    for (let since = Date.now(); !this.#ended; await sleep(PAUSE_MS)) {
      const ready = await isReady(url);
      const seconds = (Date.now() - since) / 1000;
      since = Date.now();
      if (!ready) this.secondsAway += seconds;
      if (this.now[unit] === true && !ready) this.ends.push(unit);
      this.now[unit] = ready;
      this.mostAway = Math.max(this.mostAway, this.now.filter((each) => !each).length);
    }
  }
}

/** A Mimir that ends, one that starts, and none at all: these are answers. None in time is not. */
async function isReady(url: string): Promise<boolean> {
  const signal = AbortSignal.timeout(SLOWEST_ANSWER_MS);
  try {
    const { statusCode, body } = await request(`${url}/ready`, { signal, reset: true });
    await body.dump();
    return statusCode === 200;
  } catch {
    return signal.aborted;
  }
}
