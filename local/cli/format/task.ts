/** The run of an action, as `run` and `show-task` print it. */
import type { Task } from '../../api.ts';
import { formatGoYaml } from './go-yaml.ts';
import { paint, render } from './table.ts';
import { clockTime, resultTime } from './time.ts';

/** One task with juju's keys. */
export function taskValue(task: Task, utc: boolean): Record<string, unknown> {
  const time = (iso: string) => resultTime(iso, utc);
  return {
    id: task.id,
    ...(task.log.length === 0 ? {} : { log: task.log.map((line) => `${time(line.time)} ${line.message}`) }),
    ...(task.message === undefined || task.message === '' ? {} : { message: task.message }),
    ...(Object.keys(task.results).length === 0 ? {} : { results: task.results }),
    status: task.status,
    timing: {
      ...(task.completed === undefined ? {} : { completed: time(task.completed) }),
      enqueued: time(task.enqueued),
      ...(task.started === undefined ? {} : { started: time(task.started) }),
    },
    unit: task.unit,
  };
}

/** A line of an action's log while it runs: `10:00:00 uploading`. */
export function progressLine(line: { time: string; message: string }, utc: boolean): string {
  return `${clockTime(line.time, utc)} ${line.message}`;
}

/** Result keys that plain output prints as text at its end, or not at all. */
const plainKeys = new Set(['return-code', 'stdout', 'stderr', 'stdout-encoding', 'stderr-encoding']);

/** Plain output: results as YAML, then what the action wrote; several tasks as one YAML map by unit. */
export function plainTasks(tasks: readonly Task[], color: boolean): string {
  const [first, ...others] = tasks;
  if (first === undefined) return '';
  if (others.length === 0) return plainTask(first, color);
  const byUnit = tasks.map((task) => [
    task.unit,
    {
      id: task.id,
      ...(task.message === undefined ? {} : { message: task.message }),
      output: resultText(task),
      status: task.status,
    },
  ]);
  return formatGoYaml(Object.fromEntries(byUnit));
}

function plainTask(task: Task, color: boolean): string {
  const failure =
    task.status === 'completed'
      ? ''
      : `${render(paint('red', `Action id ${task.id} ${task.status}: ${task.message ?? ''}`), color)}\n`;
  const written = [task.results.stdout, task.results.stderr]
    .filter((text) => typeof text === 'string' && text !== '')
    .map((text) => `${String(text).replace(/\n+$/, '')}\n`);
  return `${failure}${resultText(task)}${written.join('')}`;
}

function resultText(task: Task): string {
  const shown = Object.entries(task.results).filter(([key]) => !plainKeys.has(key.toLowerCase()));
  return shown.length === 0 ? '' : formatGoYaml(Object.fromEntries(shown));
}

/** Whether the task ended as it should: completed, with return code 0. */
export function succeeded(task: Task): boolean {
  return task.status === 'completed' && returnCode(task) === 0;
}

export function returnCode(task: Task): number {
  const code = Number(task.results['return-code'] ?? 0);
  return Number.isNaN(code) ? 0 : code;
}
