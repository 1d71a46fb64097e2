/** An action: its checked parameters, its progress, its results. */
import { ActionFailed } from '../errors.ts';
import type { CustomEvents } from '../events/event.ts';
import { actionLog } from '../hook-tools/action.ts';
import type { ToolRunner } from '../hook-tools/runner.ts';
import { JujuVersion } from '../juju-version.ts';
import type { ActionParams } from '../spec/parameters.ts';
import { RESERVED_RESULTS, RESULT_KEY } from '../spec/result-names.ts';
import type { ActionResults, DeclaredResults } from '../spec/results.ts';
import type { ActionSpec, CharmSpec } from '../spec/spec.ts';
import type { ActionName } from '../spec/types.ts';
import type { EndpointSchemas, Juju } from './juju.ts';

/** What a handler of action `A` gives back: the `results` of actions.yaml, or anything when it declares none. */
export type ActionReturn<S extends CharmSpec, A extends ActionName<S>> = DeclaredResults<S['actions'][A]>;

/** What an action's handler holds: the unit, the checked parameters, and a way to tell its progress. */
export interface ActionContext<
  S extends CharmSpec,
  A extends ActionName<S>,
  R extends EndpointSchemas<S> = EndpointSchemas<S>,
  C extends CustomEvents = CustomEvents,
> {
  readonly juju: Juju<S, R, C>;
  readonly params: ActionParams<S['actions'][A]>;
  readonly taskId: string;
  /** Shown at once to whoever waits for the action. */
  log(message: string): Promise<void>;
  /** Fails the action and lets the handler go on; its results are still shown. `throw new ActionFailed` ends it. */
  fail(message: string): Promise<void>;
}

/** Checks parameters against actions.yaml and fills defaults in. @throws ActionFailed naming each wrong one. */
export async function checkParams(
  name: string,
  spec: ActionSpec,
  given: Readonly<Record<string, unknown>>,
  jujuVersion: string,
): Promise<Readonly<Record<string, unknown>>> {
  const { Ajv } = await import('ajv');
  const ajv = new Ajv({ allErrors: true, useDefaults: true, strict: false });
  const params = structuredClone(given);
  const validate = ajv.compile({
    type: 'object',
    properties: spec.params,
    required: [...spec.required],
    additionalProperties: spec.additionalProperties ?? takesOthers(jujuVersion),
  });
  if (validate(params)) return params;
  const problems = (validate.errors ?? []).map(({ instancePath, message, params: details }) => {
    const extra: unknown = Object(details).additionalProperty;
    const where = instancePath.slice(1).replaceAll('/', '.');
    const allowed: unknown = Object(details).allowedValues;
    return [
      where === '' ? '' : `"${where}" `,
      message,
      typeof extra === 'string' ? ` ("${extra}")` : '',
      Array.isArray(allowed) ? `: ${allowed.join(', ')}` : '',
    ].join('');
  });
  throw new ActionFailed(`wrong parameters for ${name}: ${problems.join('; ')}`);
}

/** Whether an action that does not say so takes parameters that it does not declare. */
export function takesOthers(jujuVersion: string): boolean {
  return !new JujuVersion(jujuVersion).closesActionParams;
}

/** Bytes; a result is one argument of a process, which holds 128 KiB. */
const LONGEST_RESULT = 120_000;

/** `{ blocks: { count: 3 } }` -> `{ 'blocks.count': '3' }`, in a stable order. */
export function flattenResults(results: ActionResults, prefix = ''): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [key, value] of Object.entries(results)) {
    if (value === undefined) continue;
    if (!RESULT_KEY.test(key)) {
      throw new ActionFailed(
        `cannot return result "${prefix}${key}": Juju accepts lower-case letters, digits and hyphens only`,
      );
    }
    if (RESERVED_RESULTS.has(key)) {
      throw new ActionFailed(`cannot return result "${prefix}${key}": Juju keeps that name for itself`);
    }
    if (typeof value === 'object') Object.assign(flat, flattenResults(value, `${prefix}${key}.`));
    else flat[`${prefix}${key}`] = fitting(`${prefix}${key}`, String(value));
  }
  return flat;
}

function fitting(key: string, value: string): string {
  const size = Buffer.byteLength(value);
  if (size <= LONGEST_RESULT) return value;
  throw new ActionFailed(
    `cannot return result "${key}": ${size} bytes, and Juju takes at most ${LONGEST_RESULT}; return less`,
  );
}

export function progressLog(tools: ToolRunner): (message: string) => Promise<void> {
  return (message) => actionLog(tools, message);
}
