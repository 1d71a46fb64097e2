/** Waits for a task with a limit, and passes its log on as it grows. */
import type { Task } from '../../api.ts';
import type { LocalClient } from '../../client.ts';

/** One long poll lasts at most this long. */
const pollSeconds = 60;

export interface FollowOptions {
  /** Milliseconds since the epoch. */
  readonly deadline: number;
  log(line: { time: string; message: string }): void;
}

/** The task as it is when it ends or the deadline passes; `completed` tells which. */
export async function followTask(client: LocalClient, id: string, options: FollowOptions): Promise<Task> {
  let seen = 0;
  for (;;) {
    const left = Math.max(0, (options.deadline - Date.now()) / 1000);
    const task = await client.call('task', { id, wait: Math.min(pollSeconds, left), logSeen: seen });
    for (const line of task.log.slice(seen)) options.log(line);
    seen = task.log.length;
    if (task.completed !== undefined || left === 0) return task;
  }
}
