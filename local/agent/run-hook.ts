/** Runs one hook and commits it: everything it asked for in one transaction after exit code 0, else nothing. */
import { commitRefusal, type Immediate } from 'charmwright/juju';
import { resourcePaths } from '../containers/resources.ts';
import { unitEntity } from '../daemon/debug-log.ts';
import { advance, applyImmediate, commitPending } from '../model/commit.ts';
import { findUnit } from '../model/lookup.ts';
import { modelConfig } from '../model/model-config.ts';
import { Refusal } from '../model/refusal.ts';
import type { Hook } from '../model/state.ts';
import { unitView } from '../model/view.ts';
import { CharmMissing, findExecutable, runContext } from './context.ts';
import { beginHook, cutOff, failHook, hookNameOf } from './hook-transitions.ts';
import { type Entered, eachLine, wasTerminated } from './process.ts';
import type { Services } from './services.ts';

/** `reboot`: done, and the charm asked for juju-reboot. */
export type HookEnd = 'done' | 'reboot' | 'failed' | 'terminated';

export interface Running {
  /** The charm container's first process. */
  readonly pid: number;
  /** Whether that process is still the container's. */
  readonly sameContainer: () => Promise<boolean>;
  readonly process: (process: Entered) => void;
}

export async function runHook(
  services: Services,
  unit: string,
  hook: Hook,
  running: Running,
): Promise<HookEnd> {
  const { store, log } = services;
  const name = hookNameOf(hook);
  const say = (level: 'INFO' | 'ERROR', text: string) =>
    log.write(unitEntity(unit), level, 'juju.worker.uniter.operation', text);
  const seen = store.update((model) => beginHook(model, unit, hook, new Date().toISOString()));
  const { code, commit, via, reboot } = await execute(services, unit, hook, running);
  if (code === 0) {
    try {
      store.update((model) => {
        commit(model);
        advance(model, unit, hook, seen, new Date());
      });
      await store.flushed();
      say('INFO', `ran "${name}" hook${via}`);
      return reboot === true ? 'reboot' : 'done';
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      say('ERROR', `hook "${name}"${via} failed: ${error.message}`);
    }
  } else {
    if (wasTerminated(code) || !(await running.sameContainer())) {
      store.update((model) => cutOff(model, unit));
      say('INFO', `hook "${name}"${via} was terminated`);
      return 'terminated';
    }
    say('ERROR', `hook "${name}"${via} failed: exit status ${code}`);
  }
  store.update((model) => failHook(model, unit, hook, new Date()));
  await store.flushed();
  return 'failed';
}

interface Executed {
  readonly code: number;
  readonly via: string;
  readonly reboot?: boolean;
  /** The transition that keeps what the hook asked for. Throws Refusal. */
  readonly commit: (model: Parameters<typeof commitPending>[0]) => void;
}

const NOTHING = () => {};

async function execute(services: Services, unit: string, hook: Hook, running: Running): Promise<Executed> {
  const { store, log, folders, programs } = services;
  const name = hookNameOf(hook);
  const executable = executableOf(services, unit, `hooks/${name}`);
  if (executable === undefined) return { code: 0, via: ' (skipped: the charm has none)', commit: NOTHING };
  if (executable instanceof CharmMissing) {
    log.write(unitEntity(unit), 'ERROR', 'juju.worker.uniter', executable.message);
    return { code: 1, via: '', commit: NOTHING };
  }
  const { model } = store;
  const view = unitView(model, unit, {
    hook,
    resources: resourcePaths(model, unit),
    now: () => store.model,
  });
  const storage = 'storageId' in hook ? model.storages[hook.storageId] : undefined;
  const { code, pending } = await runContext({
    cause: hook,
    command: [executable],
    view,
    folders: folders.unit(unit),
    podbox: programs.podbox,
    pid: running.pid,
    modelConfig: modelConfig(model.config),
    kubernetes: services.kubernetes.environment,
    ...(storage === undefined ? {} : { storageKind: storage.kind }),
    apply: (effect) => applyEffect(services, unit, effect),
    running: (process) => {
      eachLine(process.stdout, (line) => log.write(unitEntity(unit), 'DEBUG', `unit.${unit}.${name}`, line));
      eachLine(process.stderr, (line) =>
        log.write(unitEntity(unit), 'WARNING', `unit.${unit}.${name}`, line),
      );
      running.process(process);
    },
  });
  const refusal = code === 0 ? commitRefusal(view, pending) : undefined;
  return {
    code,
    reboot: pending.reboot !== undefined,
    via: executable.endsWith('/dispatch') ? ' (via hook dispatching script: dispatch)' : '',
    commit: (draft) => {
      if (refusal !== undefined) throw new Refusal(refusal);
      commitPending(draft, unit, pending, new Date());
    },
  };
}

export function executableOf(
  services: Services,
  unit: string,
  legacy: string,
): string | CharmMissing | undefined {
  try {
    return findExecutable(services.folders.unit(unit), unit, legacy);
  } catch (error) {
    if (error instanceof CharmMissing) return error;
    throw error;
  }
}

/** What takes effect at once: in the model, or in the log. */
export function applyEffect({ store, log }: Services, unit: string, effect: Immediate): void {
  if (effect.kind === 'log') {
    const level = { TRACE: 'TRACE', DEBUG: 'DEBUG', WARNING: 'WARNING', ERROR: 'ERROR' }[
      effect.level.toUpperCase()
    ];
    log.write(unitEntity(unit), isLevel(level) ? level : 'INFO', `unit.${unit}.juju-log`, effect.message);
    return;
  }
  store.update((model) => {
    if (findUnit(model, unit)) applyImmediate(model, unit, effect, new Date().toISOString());
  });
}

function isLevel(text: string | undefined): text is 'TRACE' | 'DEBUG' | 'WARNING' | 'ERROR' {
  return text !== undefined;
}
