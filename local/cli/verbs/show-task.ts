import type { RunVerb } from '../call.ts';
import { UsageError } from '../errors.ts';
import { formatStructured } from '../format/structured.ts';
import { plainTasks, taskValue } from '../format/task.ts';
import type { showTask as spec } from '../table/operation.ts';
import { atMost } from './arguments.ts';
import { followTask } from './follow-task.ts';

export const showTask: RunVerb<typeof spec> = async ({ args, flags, terminal, model }) => {
  const [id] = args;
  if (id === undefined) throw new UsageError('no task ID specified');
  atMost(args, 1);
  if (!/^\d+$/.test(id)) throw new UsageError(`invalid task ID "${id}": it is a number, as run prints it`);
  const deadline = Date.now() + flags.wait;
  const task = await followTask(await model(), id, { deadline, log: () => {} });
  terminal.out(
    flags.format === 'plain'
      ? plainTasks([task], terminal.color)
      : formatStructured(taskValue(task, flags.utc), flags.format),
  );
  return undefined;
};
