/** run, task and actions. */
import type { Task } from '../../api.ts';
import { charmOf } from '../../model/lookup.ts';
import type { TaskState } from '../../model/state.ts';
import { actionSchema, enqueue, findTask } from '../../model/tasks.ts';
import type { Handlers } from './types.ts';

export const actionRoutes: Handlers<'run' | 'task' | 'actions'> = {
  async run(world, request) {
    const { store } = world.services;
    const enqueued = store.update((model) => enqueue(model, request, new Date().toISOString()));
    await store.flushed();
    return enqueued;
  },

  async task(world, { id, wait, logSeen }) {
    const { store } = world.services;
    findTask(store.model, id);
    await store.until((model) => {
      const task = model.tasks[id];
      if (task === undefined || task.completed !== undefined) return true;
      return logSeen !== undefined && task.log.length > logSeen;
    }, wait);
    return shown(findTask(store.model, id));
  },

  actions(world, { application }) {
    const { spec } = charmOf(world.services.store.model, application);
    const actions = Object.entries(spec.actions).map(([name, action]) => [
      name,
      { description: action.description ?? 'No description', schema: actionSchema(name, action) },
    ]);
    return { actions: Object.fromEntries(actions) };
  },
};

function shown({ params: _params, ...task }: TaskState): Task {
  return task;
}
