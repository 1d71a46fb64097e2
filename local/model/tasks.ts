/** Transitions of action tasks, and the checks Juju makes before it takes one. */
import { Ajv } from 'ajv';
import { appOf, charmOf, resolveUnit } from './lookup.ts';
import { notFound, Refusal } from './refusal.ts';
import type { Model, Spec, TaskState } from './state.ts';

type Action = Spec['actions'][string];

/** The JSON Schema that `juju actions --schema` prints. */
export function actionSchema(name: string, action: Action): Record<string, unknown> {
  return {
    title: name,
    description: action.description ?? 'No description',
    type: 'object',
    properties: action.params,
    required: action.required,
    // As Juju 3, which this model is; Juju 4 takes no other parameter unless it is said.
    additionalProperties: action.additionalProperties ?? true,
    // Juju keeps a key that it does not know.
    ...(action.results === undefined ? {} : { results: action.results }),
  };
}

/** The parameters with the defaults filled in; throws Refusal that names what is wrong. */
export function checkParams(
  name: string,
  action: Action,
  params: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  // Juju's schemas are draft 4, loosely written: unknown keywords are no error there.
  const ajv = new Ajv({ useDefaults: true, strict: false, allErrors: true, logger: false });
  const filled = structuredClone(params) as Record<string, unknown>;
  const validate = compile(ajv, name, action);
  if (validate(filled)) return filled;
  const faults = (validate.errors ?? []).map(({ instancePath, message, params: detail }) => {
    const extra = 'additionalProperty' in detail ? ` "${String(detail.additionalProperty)}"` : '';
    const allowed = 'allowedValues' in detail ? `: ${[detail.allowedValues].flat().join(', ')}` : '';
    return `(root)${instancePath.replaceAll('/', '.')}: ${message ?? 'not valid'}${extra}${allowed}`;
  });
  throw new Refusal(`validation failed: ${faults.join('; ')}`);
}

function compile(ajv: Ajv, name: string, action: Action) {
  const { properties, ...rest } = actionSchema(name, action);
  try {
    return ajv.compile({ ...rest, properties: draft4(properties) });
  } catch (error) {
    throw new Refusal(`cannot read the schema of action "${name}": ${String(error)}`);
  }
}

/** Draft 4's boolean `exclusiveMinimum` and `exclusiveMaximum` in the form ajv reads. */
function draft4(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(draft4);
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).map(([key, value]): [string, unknown] => [key, draft4(value)]);
  const copy: Record<string, unknown> = Object.fromEntries(entries);
  for (const [exclusive, bound] of [
    ['exclusiveMinimum', 'minimum'],
    ['exclusiveMaximum', 'maximum'],
  ] as const) {
    if (typeof copy[exclusive] !== 'boolean') continue;
    if (copy[exclusive]) {
      copy[exclusive] = copy[bound];
      delete copy[bound];
    } else delete copy[exclusive];
  }
  return copy;
}

export function enqueue(
  model: Model,
  request: { units: readonly string[]; action: string; params: Readonly<Record<string, unknown>> },
  now: string,
): { operation: string; tasks: { unit: string; id: string }[] } {
  const prepared = request.units.map((name) => {
    const unit = resolveUnit(model, name).name;
    const { spec } = charmOf(model, appOf(unit));
    const action = spec.actions[request.action];
    if (action === undefined)
      throw notFound(
        `action "${request.action}" not defined on unit "${unit}": application "${appOf(unit)}" has ${
          Object.keys(spec.actions).sort().join(', ') || 'no actions'
        }`,
      );
    return { unit, params: checkParams(request.action, action, request.params) };
  });
  // An operation takes an id from the same sequence as its tasks, as in Juju.
  const operation = String(model.sequences.task++);
  const tasks = prepared.map(({ unit, params }) => {
    const id = String(model.sequences.task++);
    model.tasks[id] = {
      id,
      operation,
      unit,
      action: request.action,
      params,
      status: 'pending',
      results: {},
      log: [],
      enqueued: now,
    };
    return { unit, id };
  });
  return { operation, tasks };
}

export function findTask(model: Model, id: string): TaskState {
  const task = model.tasks[id];
  if (task === undefined) throw notFound(`task "${id}" not found`);
  return task;
}

/** The unit's next task to run. */
export function pendingTask(model: Model, unit: string): TaskState | undefined {
  return Object.values(model.tasks)
    .filter((task) => task.unit === unit && task.status === 'pending')
    .sort((a, b) => Number(a.id) - Number(b.id))[0];
}

/** Tasks that ran when their agent died, and those of units that are gone, will not be answered. */
export function endTasks(
  model: Model,
  unit: string,
  message: string,
  now: string,
  which: 'running' | 'all',
): void {
  for (const task of Object.values(model.tasks)) {
    const open = task.status === 'running' || (which === 'all' && task.status === 'pending');
    if (task.unit === unit && open) Object.assign(task, { status: 'failed', message, completed: now });
  }
}
