/** Refuses worlds that Juju cannot produce: a test that passes in one proves nothing. */
import type { JujuEvent } from '../events/event.ts';
import { takesOthers } from '../model/action.ts';
import { isDeferrable } from '../model/juju.ts';
import type { CharmSpec, OptionType, ParameterSchema } from '../spec/spec.ts';
import { containerProblems, storageProblems } from './consistency/containers.ts';
import { eventProblems } from './consistency/events.ts';
import { relationProblems } from './consistency/relations.ts';
import { secretProblems } from './consistency/secrets.ts';
import { duplicates, known, UUID } from './consistency/words.ts';
import { ImpossibleWorld } from './errors.ts';
import type { State } from './state.ts';

/** Who runs the charm. */
export interface Surroundings {
  readonly app: string;
  readonly jujuVersion: string;
}

/** @throws ImpossibleWorld with all problems at once, each with how to mend it. */
export function checkWorld(spec: CharmSpec, around: Surroundings, state: State, event: JujuEvent): void {
  throwAll([
    ...unitProblems(state, around),
    ...configProblems(spec, state),
    ...relationProblems(spec, around.app, state),
    ...containerProblems(spec, state),
    ...storageProblems(spec, state),
    ...secretProblems(state),
    ...memoryProblems(state),
    ...otherProblems(spec, state),
    ...eventProblems(spec, state, event),
  ]);
}

/** @throws ImpossibleWorld when Juju would not even start the action. */
export function checkAction(
  spec: CharmSpec,
  { jujuVersion }: Surroundings,
  name: string,
  params: Readonly<Record<string, unknown>>,
): void {
  const action = Object.hasOwn(spec.actions, name) ? spec.actions[name] : undefined;
  if (action === undefined)
    throw new ImpossibleWorld([`action "${name}" is not in actions.yaml: ${known(spec.actions)}`]);
  throwAll(
    Object.entries(params).flatMap(([param, value]) => {
      const schema = Object.hasOwn(action.params, param) ? action.params[param] : undefined;
      if (schema !== undefined)
        return parameterProblems(`parameter "${param}" of action "${name}"`, schema, value);
      return (action.additionalProperties ?? takesOthers(jujuVersion))
        ? []
        : [`action "${name}" has no parameter "${param}": ${known(action.params)}`];
    }),
  );
}

const TYPE_CHECKS: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
  integer: (value) => Number.isInteger(value),
  number: (value) => typeof value === 'number',
  array: (value) => Array.isArray(value),
  object: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  null: (value) => value === null,
};

/** Juju holds an action's parameters against their schema before it starts it. */
function parameterProblems(what: string, { type }: ParameterSchema, value: unknown): string[] {
  const types = typeof type === 'string' ? [type] : (type ?? []);
  if (types.length === 0 || types.some((each) => TYPE_CHECKS[each]?.(value) ?? true)) return [];
  return [`${what} is ${JSON.stringify(value)}: give a value of type ${types.join(' or ')}`];
}

function throwAll(problems: readonly string[]): void {
  if (problems.length > 0) throw new ImpossibleWorld(problems);
}

function unitProblems({ unitNumber, plannedUnits, model }: State, { jujuVersion }: Surroundings): string[] {
  const isCount = (value: number) => Number.isInteger(value) && value >= 0;
  return [
    ...(isCount(unitNumber) ? [] : [`unitNumber is ${unitNumber}: units are numbered 0, 1, 2, …`]),
    ...(isCount(plannedUnits) ? [] : [`plannedUnits is ${plannedUnits}: give a whole number from 0 on`]),
    ...(UUID.test(model.uuid) ? [] : [`the model's uuid "${model.uuid}" is none: give one, or leave it out`]),
    ...(/^\d+\.\d+(\.\d+|-\w+)/.test(jujuVersion)
      ? []
      : [`jujuVersion "${jujuVersion}" is none: give the context one such as 3.6.14`]),
  ];
}

const SECRET_URI = /^secret:(\/\/[0-9a-f-]{36}\/)?[0-9a-v]{20}$/;

const OPTION_CHECKS: Readonly<Record<OptionType, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  int: (value) => Number.isSafeInteger(value),
  float: (value) => Number.isFinite(value),
  boolean: (value) => typeof value === 'boolean',
  secret: (value) => typeof value === 'string' && SECRET_URI.test(value),
};

function configProblems(spec: CharmSpec, state: State): string[] {
  return Object.entries(state.config).flatMap(([name, value]) => {
    const option = Object.hasOwn(spec.config, name) ? spec.config[name] : undefined;
    if (option === undefined) return [`config option "${name}" is not in config.yaml: ${known(spec.config)}`];
    if (OPTION_CHECKS[option.type](value)) return [];
    const wanted =
      option.type === 'secret' ? 'that is the URI of a secret: secret:ID' : `of type ${option.type}`;
    return [`config option "${name}" is ${JSON.stringify(value)}: give a value ${wanted}`];
  });
}

/**
 * What was stored went through JSON, and what was deferred could be. Events of things that this charm does not declare
 * are possible: an older one deferred them.
 */
function memoryProblems({ stored, deferred }: State): string[] {
  return [
    ...Object.entries(stored)
      .filter(([, value]) => !isJson(value))
      .map(([key]) => `stored "${key}" is not plain data: store what JSON can hold`),
    ...deferred
      .filter((event) => !isDeferrable(event))
      .map(({ kind }) => `${kind} is deferred, and Juju does not wait for it: leave it out of deferred`),
  ];
}

function isJson(value: unknown): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object') return false;
  if (Array.isArray(value)) return value.every(isJson);
  return Object.getPrototypeOf(value) === Object.prototype && Object.values(value).every(isJson);
}

function otherProblems(spec: CharmSpec, state: State): string[] {
  const bindings = ['', 'juju-info', ...Object.keys(spec.endpoints), ...spec.extraBindings];
  return [
    ...Object.entries(state.resources).flatMap(([name, path]) => {
      if (!Object.hasOwn(spec.resources, name))
        return [`resource "${name}" is not in metadata.yaml: ${known(spec.resources)}`];
      return path.startsWith('/') ? [] : [`resource "${name}" is at "${path}": give an absolute path`];
    }),
    ...Object.keys(state.networks)
      .filter((name) => !bindings.includes(name))
      .map((name) => `network "${name}" is neither an endpoint nor an extra binding of metadata.yaml`),
    ...duplicates(state.ports).map((port) => `port "${port}" is open twice: name it once`),
    ...state.ports
      .filter((port) => !isPort(port))
      .map((port) => `port "${port}" is not as Juju writes it: 9009/tcp`),
  ];
}

function isPort(port: string): boolean {
  const [, number] = /^(\d+)\/(?:tcp|udp)$/.exec(port) ?? [];
  return port === 'icmp' || (number !== undefined && Number(number) >= 1 && Number(number) <= 65535);
}
