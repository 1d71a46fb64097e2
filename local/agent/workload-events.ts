/**
 * What the agent learns from the Pebbles of its unit: a boot id that it has not seen means `pebble-ready`, notices
 * mean custom notices and checks. Nothing of it is kept: a new agent hears everything again.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Notice, Pebble } from 'charmwright/pebble';
import type { WorkloadHook } from '../model/state.ts';

const POLL_MS = 5_000;
/** While a container starts, so that nobody waits for the next round. */
const EAGER_POLL_MS = 100;
const EAGER_LIMIT = 300;
const NOTICE_WAIT_MS = 30_000;
const RETRY_MS = 1_000;

interface Watched {
  readonly pebble: Pebble;
  readonly stop: AbortController;
  /** Boot id for which `pebble-ready` has run. */
  readyFor: string | undefined;
  /** Notices are told after this time. */
  noticesAfter: string | undefined;
  /** Polls that failed since the container started. */
  failures: number;
  /** Ends the wait for the next poll. */
  wake: () => void;
}

interface Waiting {
  readonly hook: WorkloadHook;
  /** Told how the hook ended. */
  readonly settle: (success: boolean) => void;
}

export class WorkloadEvents {
  readonly #containers = new Map<string, Watched>();
  readonly #changed: () => void;
  #waiting: Waiting[] = [];

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** Events that wait for their hook, oldest first. */
  get hooks(): readonly WorkloadHook[] {
    return this.#waiting.map(({ hook }) => hook);
  }

  /** The first event's hook has run. */
  settle(success: boolean): void {
    this.#waiting.shift()?.settle(success);
  }

  /** Watches a new pod's containers; forgets everything of the pod before. */
  watch(pebbles: ReadonlyMap<string, Pebble>): void {
    this.stop();
    for (const [container, pebble] of pebbles) {
      const watched = {
        pebble,
        stop: new AbortController(),
        readyFor: undefined,
        noticesAfter: undefined,
        failures: 0,
        wake: () => {},
      };
      this.#containers.set(container, watched);
      void this.#pollReady(container, watched);
      void this.#pollNotices(container, watched);
    }
  }

  /** A container has just started: its Pebble is asked at once. */
  containerStarted(container: string): void {
    const watched = this.#containers.get(container);
    if (watched === undefined) return;
    watched.failures = 0;
    watched.wake();
  }

  stop(): void {
    for (const { stop } of this.#containers.values()) stop.abort();
    this.#containers.clear();
    this.#waiting = [];
  }

  async #pollReady(container: string, watched: Watched): Promise<void> {
    while (!watched.stop.signal.aborted) {
      const bootId = await watched.pebble.systemInfo().then(
        (info) => info.bootId ?? 'unknown',
        () => undefined,
      );
      if (watched.stop.signal.aborted) return;
      if (bootId === undefined) watched.failures += 1;
      else if (bootId !== watched.readyFor) {
        const success = await this.#run({ kind: 'pebble-ready', container });
        if (success) watched.readyFor = bootId;
      }
      const eager = bootId === undefined && watched.failures < EAGER_LIMIT;
      const woken = new Promise<void>((resolve) => {
        watched.wake = resolve;
      });
      await Promise.race([woken, pause(eager ? EAGER_POLL_MS : POLL_MS, watched)]);
    }
  }

  async #pollNotices(container: string, watched: Watched): Promise<void> {
    while (!watched.stop.signal.aborted) {
      const notices = await watched.pebble
        .notices({
          types: ['custom', 'change-update'],
          waitMs: NOTICE_WAIT_MS,
          ...(watched.noticesAfter === undefined ? {} : { after: watched.noticesAfter }),
        })
        .catch(() => undefined);
      if (notices === undefined) await pause(RETRY_MS, watched);
      for (const notice of notices ?? []) {
        if (watched.stop.signal.aborted) return;
        const hook = await hookOf(container, watched.pebble, notice);
        // A failed notice is delivered again.
        if (hook !== undefined && !(await this.#run(hook))) {
          await pause(RETRY_MS, watched);
          break;
        }
        watched.noticesAfter = notice.lastRepeated;
      }
    }
  }

  #run(hook: WorkloadHook): Promise<boolean> {
    return new Promise((resolve) => {
      this.#waiting.push({ hook, settle: resolve });
      this.#changed();
    });
  }
}

/** Sleeps, but no longer than the container is watched. */
function pause(ms: number, { stop }: Watched): Promise<void> {
  return sleep(ms, undefined, { signal: stop.signal }).catch(() => {});
}

async function hookOf(container: string, pebble: Pebble, notice: Notice): Promise<WorkloadHook | undefined> {
  const { id, type, key } = notice;
  if (type === 'custom') return { kind: 'pebble-custom-notice', container, notice: { id, type, key } };
  if (type !== 'change-update') return undefined;
  const check = notice.lastData['check-name'];
  // A change that Pebble has forgotten is ignored.
  const change = await pebble.change(key).catch(() => undefined);
  if (check === undefined || change === undefined) return undefined;
  if (change.kind === 'perform-check' && change.status === 'Error')
    return { kind: 'pebble-check-failed', container, check };
  if (change.kind === 'recover-check' && change.status === 'Done')
    return { kind: 'pebble-check-recovered', container, check };
  return undefined;
}
