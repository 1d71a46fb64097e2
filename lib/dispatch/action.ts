/** An action of a dispatch: checked parameters in, results or a failure out. */
import type { Charm } from '../charm.ts';
import { ActionFailed } from '../errors.ts';
import type { CustomEvents } from '../events/event.ts';
import { actionFail, actionGet, actionSet } from '../hook-tools/action.ts';
import type { ToolRunner } from '../hook-tools/runner.ts';
import { checkParams, flattenResults, progressLog } from '../model/action.ts';
import type { EndpointSchemas, Juju } from '../model/juju.ts';
import type { CharmSpec } from '../spec/spec.ts';

export async function runAction<S extends CharmSpec, R extends EndpointSchemas<S>, C extends CustomEvents>(
  charm: Charm<S, R, C>,
  juju: Juju<S, R, C>,
  name: string,
  taskId: string,
  tools: ToolRunner,
): Promise<void> {
  // Each handler's type is of its own action; here it is one of them, with the parameters that are checked for it.
  const handlers = (charm.actions ?? {}) as Readonly<
    Record<string, ((context: object) => Promise<Parameters<typeof flattenResults>[0]>) | undefined>
  >;
  const [handler, spec] = [handlers[name], charm.spec.actions[name]];
  try {
    if (handler === undefined || spec === undefined)
      throw new ActionFailed(`this charm has no action "${name}"`);
    const params = await checkParams(name, spec, await actionGet(tools), juju.jujuVersion);
    const fail = (message: string) => actionFail(tools, message);
    const results = await handler({ juju, params, taskId, log: progressLog(tools), fail });
    await actionSet(tools, flattenResults(results));
  } catch (error) {
    if (!(error instanceof ActionFailed)) throw error;
    if (error.results !== undefined) await actionSet(tools, flattenResults(error.results));
    await actionFail(tools, error.message);
  }
}
