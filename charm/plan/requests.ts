/** Requests to restart, numbered, so that a turn is never taken for another: one is open while it has been asked and is not done. */
import type { Requests } from '../../relations/peers.ts';

const NONE: Requests = { asked: 0, done: 0 };

export function isOpen(requests: Requests | undefined): requests is Requests {
  return requests !== undefined && requests.asked > requests.done;
}

/** One that is open stays the same, whatever has changed since. */
export function withRequest(requests: Requests | undefined): Requests {
  if (isOpen(requests)) return requests;
  const { asked } = requests ?? NONE;
  return { asked: asked + 1, done: asked };
}

export function withoutRequest({ asked }: Requests): Requests {
  return { asked, done: asked };
}
