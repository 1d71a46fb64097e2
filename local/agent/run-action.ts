/** Runs one action between hooks. Exit code 0 commits, even when `action-fail` was called. */
import type { Immediate } from 'charmwright/juju';
import { commitRefusal } from 'charmwright/juju';
import { resourcePaths } from '../containers/resources.ts';
import { unitEntity } from '../daemon/debug-log.ts';
import { commitPending, setStatus } from '../model/commit.ts';
import { findUnit } from '../model/lookup.ts';
import { modelConfig } from '../model/model-config.ts';
import { Refusal } from '../model/refusal.ts';
import type { Model, TaskState } from '../model/state.ts';
import { findTask } from '../model/tasks.ts';
import { unitView } from '../model/view.ts';
import { CharmMissing, runContext } from './context.ts';
import { wasTerminated } from './process.ts';
import { applyEffect, executableOf, type Running } from './run-hook.ts';
import type { Services } from './services.ts';

/** Ended tasks that are remembered. */
const KEPT_TASKS = 500;

export async function runAction(
  services: Services,
  unit: string,
  id: string,
  running: Running,
): Promise<void> {
  const { store, log } = services;
  const now = () => new Date().toISOString();
  const task = store.update((model) => {
    const found = findTask(model, id);
    Object.assign(found, { status: 'running', started: now() });
    setStatus(findUnit(model, unit), 'agentStatus', 'executing', `running action ${found.action}`, now());
    return found;
  });
  const end = await execute(services, unit, task, running);
  log.write(unitEntity(unit), 'INFO', 'juju.worker.uniter.operation', `ran "${task.action}" action`);
  store.update((model) => {
    Object.assign(findTask(model, id), { ...end, completed: now() });
    forgetOldTasks(model);
  });
  await store.flushed();
}

type TaskEnd = Pick<TaskState, 'status' | 'results'> & { readonly message?: string };

async function execute(
  services: Services,
  unit: string,
  task: TaskState,
  running: Running,
): Promise<TaskEnd> {
  const { store, log, folders, programs } = services;
  const executable = executableOf(services, unit, `actions/${task.action}`);
  if (executable === undefined || executable instanceof CharmMissing)
    return { status: 'failed', results: {}, message: `action not implemented on unit "${unit}"` };
  const output = { stdout: new Output(), stderr: new Output() };
  let results: Readonly<Record<string, unknown>> = {};
  let failure: string | undefined;
  const apply = (effect: Immediate) => {
    if (effect.kind === 'action-set') results = effect.results;
    else if (effect.kind === 'action-fail') failure = effect.message;
    else if (effect.kind === 'action-log')
      store.update((model) => {
        findTask(model, task.id).log.push({ time: new Date().toISOString(), message: effect.message });
      });
    else applyEffect(services, unit, effect);
  };
  const { model } = store;
  const view = unitView(model, unit, { resources: resourcePaths(model, unit), now: () => store.model });
  const { code, pending } = await runContext({
    cause: { kind: 'action', action: task.action, taskId: task.id },
    params: task.params,
    command: [executable],
    view,
    folders: folders.unit(unit),
    podbox: programs.podbox,
    pid: running.pid,
    modelConfig: modelConfig(model.config),
    kubernetes: services.kubernetes.environment,
    apply,
    running: (process) => {
      process.stdout.on('data', (chunk: Buffer) => output.stdout.add(chunk));
      process.stderr.on('data', (chunk: Buffer) => output.stderr.add(chunk));
      running.process(process);
    },
  });
  const all = {
    ...structuredClone(results),
    'return-code': code,
    ...output.stdout.result('stdout'),
    ...output.stderr.result('stderr'),
  };
  if (code !== 0) {
    const terminated = wasTerminated(code) || !(await running.sameContainer());
    return {
      status: 'failed',
      results: all,
      message: terminated ? 'action terminated' : `exit status ${code}`,
    };
  }
  const refusal = commitRefusal(view, pending) ?? commit(services, unit, pending);
  if (refusal !== undefined) {
    log.write(unitEntity(unit), 'ERROR', 'juju.worker.uniter', `action ${task.action}: ${refusal}`);
    return { status: 'failed', results: all, message: 'committing requested changes failed' };
  }
  return failure === undefined
    ? { status: 'completed', results: all }
    : { status: 'failed', results: all, message: failure };
}

function commit(
  { store }: Services,
  unit: string,
  pending: Parameters<typeof commitPending>[2],
): string | undefined {
  try {
    store.update((model) => commitPending(model, unit, pending, new Date()));
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error.message;
    throw error;
  }
}

/** Captured output: line based, so a last newline is added when missing; base64 when it is no UTF-8. */
class Output {
  readonly #chunks: Buffer[] = [];

  add(chunk: Buffer): void {
    this.#chunks.push(chunk);
  }

  result(name: 'stdout' | 'stderr'): Record<string, string> {
    const bytes = Buffer.concat(this.#chunks);
    if (bytes.length === 0) return {};
    const text = bytes.toString('utf8');
    if (!Buffer.from(text).equals(bytes))
      return { [name]: bytes.toString('base64'), [`${name}-encoding`]: 'base64' };
    return { [name]: text.endsWith('\n') ? text : `${text}\n` };
  }
}

function forgetOldTasks(model: Model): void {
  const ended = Object.values(model.tasks).filter((task) => task.completed !== undefined);
  ended.sort((a, b) => Number(a.id) - Number(b.id));
  for (const task of ended.slice(0, -KEPT_TASKS)) delete model.tasks[task.id];
}
