/** Waiting in a hook for what comes in a moment, and of which no event would tell. */

/** Asks at once and then once a second, until the answer is good or the time is over; the last answer. */
export async function within<T>(
  ms: number,
  ask: () => Promise<T>,
  isGood: (answer: T) => boolean,
): Promise<T> {
  const { setTimeout: sleep } = await import('node:timers/promises');
  for (const deadline = Date.now() + ms; ; await sleep(1000)) {
    const answer = await ask();
    if (isGood(answer) || Date.now() > deadline) return answer;
  }
}

/** @param time milliseconds since 1970; one that has passed is not waited for */
export async function until(time: number): Promise<void> {
  const { setTimeout: sleep } = await import('node:timers/promises');
  await sleep(Math.max(0, time - Date.now()));
}
