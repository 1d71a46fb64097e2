/** run: enqueue an action, follow it, print its result. */
import type { Task } from '../../api.ts';
import type { LocalClient } from '../../client.ts';
import type { Call, RunVerb } from '../call.ts';
import { CliError, UsageError } from '../errors.ts';
import { formatStructured } from '../format/structured.ts';
import { plainTasks, progressLine, returnCode, succeeded, taskValue } from '../format/task.ts';
import type { run as spec } from '../table/operation.ts';
import { actionParams } from './action-params.ts';
import { applicationOf, isUnitOrLeader, readYamlMap } from './arguments.ts';
import { followTask } from './follow-task.ts';

type RunCall = Call<typeof spec>;

const defaultWait = 60_000;

export const run: RunVerb<typeof spec> = async (call) => {
  const { flags, terminal } = call;
  if (flags.background && flags.wait !== undefined) {
    throw new UsageError('cannot specify both --wait and --background');
  }
  const { units, action, words } = readWords(call.args);
  const base = flags.params === undefined ? {} : await readYamlMap(flags.params, terminal);
  const params = actionParams(words, base, flags['string-args']);

  const client = await call.model();
  const { operation, tasks } = await client.call('run', { units, action, params });
  const [first] = tasks;
  if (flags.background) {
    const what = tasks.length === 1 ? `task ${first?.id}` : `${tasks.length} tasks`;
    terminal.info(`Scheduled operation ${operation} with ${what}`);
    for (const { id } of tasks) terminal.info(`Check task status with 'juju-local show-task ${id}'`);
    return undefined;
  }
  terminal.info(`Running operation ${operation} with ${tasks.length} task${tasks.length === 1 ? '' : 's'}`);
  for (const { id, unit } of tasks) terminal.info(`  - task ${id} on unit-${unit.replace('/', '-')}`);
  terminal.info('');
  const ended = await waitForAll(client, tasks, call);
  terminal.out(render(ended, call));
  reportFailures(ended);
  return undefined;
};

function readWords(args: readonly string[]) {
  const firstOther = args.findIndex((word) => !isUnitOrLeader(word));
  const units = firstOther === -1 ? [...args] : args.slice(0, firstOther);
  const action = firstOther === -1 ? undefined : args[firstOther];
  if (action !== undefined && !/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/.test(action)) {
    throw new UsageError(`invalid unit or action name "${action}"`);
  }
  if (units.length === 0) throw new UsageError('no unit specified');
  if (action === undefined) throw new UsageError('no action specified');
  if (new Set(units.map(applicationOf)).size > 1) {
    throw new UsageError('all units must be of the same application');
  }
  return { units, action, words: args.slice(firstOther + 1) };
}

/** All tasks, ended. The log of a single one is shown as it comes; of several it would be a jumble. */
async function waitForAll(
  client: LocalClient,
  tasks: readonly { id: string; unit: string }[],
  { flags, terminal }: RunCall,
): Promise<Task[]> {
  const wait = flags.wait ?? defaultWait;
  const deadline = wait < 0 ? Number.POSITIVE_INFINITY : Date.now() + wait;
  const ended: Task[] = [];
  for (const { id } of tasks) {
    terminal.info(`Waiting for task ${id}...`);
    let logged = false;
    const log = (line: { time: string; message: string }) => {
      logged = true;
      if (tasks.length === 1) terminal.info(progressLine(line, flags.utc));
    };
    const task = await followTask(client, id, { deadline, log });
    if (task.completed === undefined) {
      const late = tasks.slice(ended.length).map(({ unit }) => `unit ${unit}`);
      throw new CliError(`timed out waiting for results from: ${late.join(', ')}`);
    }
    if (logged) terminal.info('');
    ended.push(task);
  }
  return ended;
}

function render(tasks: readonly Task[], { flags, terminal }: RunCall): string {
  if (flags.format === 'plain') {
    return plainTasks(tasks, flags.color || (terminal.color && !flags['no-color']));
  }
  const byUnit = Object.fromEntries(tasks.map((task) => [task.unit, taskValue(task, flags.utc)]));
  return formatStructured(byUnit, flags.format);
}

function reportFailures(tasks: readonly Task[]): void {
  const failed = tasks.filter((task) => !succeeded(task));
  if (failed.length === 0) return;
  const lines = failed.map((task) => {
    const code = returnCode(task);
    return ` - id "${task.id}" with ${code === 0 ? `status ${task.status}` : `return code ${code}`}`;
  });
  const plural = failed.length === 1 ? '' : 's';
  throw new CliError(
    `the following task${plural} failed:\n${lines.join('\n')}\n\nuse 'juju-local show-task' to inspect the failure${plural}`,
  );
}
