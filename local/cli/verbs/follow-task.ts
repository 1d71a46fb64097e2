/** Waits for a task with a limit, and passes its log on as it grows. */
import type { Task } from '../../api.ts';
import type { LocalClient } from '../../client.ts';
import { CliError } from '../errors.ts';

/** One long poll lasts at most this long, so that Ctrl-C and the deadline are noticed. */
const pollSeconds = 20;

export interface FollowOptions {
  /** Milliseconds since the epoch. */
  readonly deadline: number;
  readonly signal: AbortSignal;
  log(line: { time: string; message: string }): void;
}

/** The task as it is when it ends or the deadline passes; `completed` tells which. Throws CliError on Ctrl-C. */
export async function followTask(client: LocalClient, id: string, options: FollowOptions): Promise<Task> {
  const interrupted = new Promise<never>((_, reject) => {
    const stop = () => reject(new CliError('interrupted'));
    if (options.signal.aborted) stop();
    options.signal.addEventListener('abort', stop, { once: true });
  });
  let seen = 0;
  for (;;) {
    const left = Math.max(0, (options.deadline - Date.now()) / 1000);
    const poll = client.call('task', { id, wait: Math.min(pollSeconds, left), logSeen: seen });
    const task = await Promise.race([poll, interrupted]);
    for (const line of task.log.slice(seen)) options.log(line);
    seen = task.log.length;
    if (task.completed !== undefined || left === 0) return task;
  }
}
