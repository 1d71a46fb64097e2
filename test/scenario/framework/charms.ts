/** Small charms for the tests of the framework: one set of YAML names, and the handlers that a test needs. */
import {
  type CharmParts,
  type CustomEvents,
  defineCharm,
  dispatch,
  type EndpointSchemas,
  type Host,
  type Juju,
} from 'charmwright';
import { type Context, context, type Outcome, type State } from 'charmwright/testing';
import { spec } from '../../types/example.ts';

export type Spec = typeof spec;

/** The example charm of test/types with these parts, ready to be run in worlds. */
export function charm<const R extends EndpointSchemas<Spec>, const C extends CustomEvents = CustomEvents>(
  parts: CharmParts<Spec, R, C>,
): Context<Spec> {
  return context(defineCharm(spec, parts));
}

export interface ToolCall {
  readonly tool: string;
  readonly args: readonly string[];
  readonly stdin: string;
}

export interface RawHook {
  readonly exitCode: number;
  readonly calls: readonly ToolCall[];
  readonly stderr: string;
}

/**
 * One dispatch with hook tools that answer from a table: for what `charmwright/testing` refuses to describe, such as
 * a hook of another charm. A function refuses with what it returns on stderr; a tool that is not listed says nothing.
 */
export async function rawHook<const R extends EndpointSchemas<Spec>>(
  parts: CharmParts<Spec, R>,
  env: Readonly<Record<string, string>>,
  answers: Readonly<Record<string, unknown>> = {},
  host: Partial<Host> = {},
): Promise<RawHook> {
  const calls: ToolCall[] = [];
  const errors: string[] = [];
  const exitCode = await dispatch(defineCharm(spec, parts), {
    env: { JUJU_UNIT_NAME: 'example-k8s/0', JUJU_MODEL_NAME: 'demo', JUJU_MODEL_UUID: 'a-b', ...env },
    tools: {
      run: async (tool, args, stdin = '') => {
        calls.push({ tool, args, stdin });
        const answer = answers[tool];
        if (typeof answer === 'function') return { code: 1, stdout: '', stderr: String(answer()) };
        return { code: 0, stdout: answer === undefined ? '{}' : JSON.stringify(answer), stderr: '' };
      },
    },
    pebble: (name) => {
      throw new Error(`no container ${name} in this test`);
    },
    files: { read: () => undefined, write: () => undefined, remove: () => undefined },
    stdout: () => undefined,
    stderr: (text) => errors.push(text),
    ...host,
  });
  return { exitCode, calls, stderr: errors.join('') };
}

/** The hook tools that were called, in their order. */
export function tools(outcome: Outcome): readonly string[] {
  return outcome.hookTools.map(({ tool }) => tool);
}

/** What a reconcile at config-changed sees in a world. */
export async function seen(world: State, look: (juju: Juju<Spec>) => Promise<unknown>): Promise<unknown> {
  let result: unknown;
  const it = charm({
    reconcile: async (juju) => {
      result = await look(juju);
    },
  });
  await it.run('config-changed', world);
  return result;
}
