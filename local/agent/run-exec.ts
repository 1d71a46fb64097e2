/** Runs one `juju exec` command line in the charm container, in a hook context of its own. */
import { commitRefusal } from 'charmwright/juju';
import { resourcePaths } from '../containers/resources.ts';
import { commitPending } from '../model/commit.ts';
import { modelConfig } from '../model/model-config.ts';
import { unitView } from '../model/view.ts';
import { runContext } from './context.ts';
import type { Entered } from './process.ts';
import { applyEffect, type Running } from './run-hook.ts';
import type { Services } from './services.ts';

export interface ExecRequest {
  readonly command: string;
  /** The caller has gone away: nothing needs to be run. */
  readonly cancelled: () => boolean;
  readonly process: (process: Entered) => void;
  /** `error` is for stderr. */
  readonly end: (code: number, error?: string) => void;
}

export async function runExec(
  services: Services,
  unit: string,
  request: ExecRequest | undefined,
  running: Running,
): Promise<void> {
  if (request === undefined || request.cancelled()) return;
  const { store, folders, programs } = services;
  const { model } = store;
  const view = unitView(model, unit, { resources: resourcePaths(model, unit), now: () => store.model });
  try {
    const { code, pending } = await runContext({
      cause: { kind: 'exec' },
      command: ['/bin/bash', '-c', request.command],
      view,
      folders: folders.unit(unit),
      podbox: programs.podbox,
      pid: running.pid,
      modelConfig: modelConfig(model.config),
      kubernetes: services.kubernetes.environment,
      apply: (effect) => applyEffect(services, unit, effect),
      running: request.process,
    });
    const refusal = code === 0 ? commitRefusal(view, pending) : undefined;
    if (refusal !== undefined) return request.end(1, `ERROR ${refusal}\n`);
    if (code === 0) store.update((draft) => commitPending(draft, unit, pending, new Date()));
    await store.flushed();
    request.end(code);
  } catch (error) {
    request.end(1, `ERROR ${error instanceof Error ? error.message : String(error)}\n`);
  }
}
