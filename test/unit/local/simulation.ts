/** Units without processes: every operation the resolver chooses succeeds at once. Shows the order, nothing else. */
import { loadCharmSpec, type Pending, specOf } from 'charmwright/juju';
import { beginHook, failHook, hookNameOf } from '../../../local/agent/hook-transitions.ts';
import { type Live, nextOperation } from '../../../local/agent/resolver.ts';
import { deploy, finishUnit } from '../../../local/model/applications.ts';
import { advance, commitPending, podBorn, resign, seenNow } from '../../../local/model/commit.ts';
import { claimLeadership, revokeLeadership } from '../../../local/model/leadership.ts';
import { allUnits, appOf, findUnit } from '../../../local/model/lookup.ts';
import { leaveScope } from '../../../local/model/relations.ts';
import { type Hook, type Model, newModel, type WorkloadHook } from '../../../local/model/state.ts';

export const NOTHING: Pending = {
  relationUnit: {},
  relationApp: {},
  stateSet: {},
  stateDelete: [],
  openPorts: [],
  closePorts: [],
  secrets: [],
  storageAdd: {},
};

/** What a hook of this unit asks for; `fail` makes it fail. */
export type Behaviour = (unit: string, hook: Hook, model: Model) => Partial<Pending> | 'fail' | undefined;

export class Simulation {
  readonly #terminating = new Set<string>();
  readonly model: Model = newModel('testing', '7b9b1f0e-54a7-4a0f-8d0e-0d5f2f6d4a11', '2026-01-01T00:00:00Z');
  readonly journal: string[] = [];
  /** Units without a pod. */
  readonly away = new Set<string>();
  readonly workload = new Map<string, WorkloadHook[]>();
  behaviour: Behaviour = () => undefined;
  now = new Date('2026-01-01T00:00:00Z');
  updateStatusDue = false;
  /** Units whose pods are not ready. */
  readonly unready = new Set<string>();
  /** Pods of another template than the StatefulSet has. */
  readonly stale = new Set<string>();

  deploy(
    metadata: string,
    options: {
      application?: string;
      units?: number;
      config?: string;
      resources?: Record<string, string>;
    } = {},
  ): void {
    const yaml = `summary: s\ndescription: d\n${metadata}`;
    const spec = loadCharmSpec({
      metadata: yaml,
      ...(options.config === undefined ? {} : { config: options.config }),
    });
    deploy(
      this.model,
      {
        charm: {
          name: spec.name,
          base: { name: 'ubuntu', channel: '24.04/stable' },
          spec: JSON.parse(JSON.stringify(specOf(spec))),
        },
        application: options.application ?? spec.name,
        units: options.units ?? 1,
        config: {},
        resources: options.resources ?? {},
        trust: false,
      },
      this.now.toISOString(),
    );
  }

  /** Lets every unit, one operation each in turn, run until none has anything to do. Gives what this run added. */
  settle(): string[] {
    const from = this.journal.length;
    for (let rounds = 0; rounds < 500; rounds++) {
      const ran = allUnits(this.model).filter(({ name }) => !this.away.has(name) && this.step(name));
      if (ran.length === 0) return this.journal.slice(from);
    }
    throw new Error(`no end in sight:\n${this.journal.slice(-30).join('\n')}`);
  }

  /** Only this unit, until it has nothing to do; gives its hooks without its name. */
  settleUnit(unit: string): string[] {
    const from = this.journal.length;
    for (let steps = 0; steps < 500 && this.#exists(unit) && this.step(unit); steps++);
    return this.journal.slice(from).map((entry) => entry.slice(unit.length + 1));
  }

  /** What one unit ran, of all that was run. */
  of(unit: string): string[] {
    return this.journal
      .filter((entry) => entry.startsWith(`${unit} `))
      .map((entry) => entry.slice(unit.length + 1));
  }

  /** It is asked to end, and its containers with it. */
  deletePod(unit: string): void {
    this.#terminating.add(unit);
  }

  killPod(unit: string): void {
    podBorn(this.model, unit);
  }

  /** The pod is gone, for longer than the unit's lease of leadership runs. */
  holdPod(unit: string): void {
    this.away.add(unit);
    const application = this.model.applications[appOf(unit)];
    if (application?.leader === unit) revokeLeadership(application);
  }

  releasePod(unit: string): void {
    this.away.delete(unit);
    podBorn(this.model, unit);
  }

  /** One operation of one unit; false when it has none. Its agent takes the leadership when nobody has it. */
  step(unit: string): boolean {
    if (!this.away.has(unit)) claimLeadership(this.model, unit);
    const operation = nextOperation(this.model, unit, this.#live(unit));
    switch (operation?.kind) {
      case undefined:
        return false;
      case 'hook':
        this.#run(unit, operation.hook);
        return true;
      case 'skip':
        advance(this.model, unit, operation.hook, seenNow(this.model, unit, operation.hook), this.now);
        return true;
      case 'resign':
        resign(this.model, unit);
        return true;
      case 'leave-scope':
        leaveScope(this.model, operation.relationId, unit);
        return true;
      case 'replace-pod':
        this.journal.push(`${unit} (new pod)`);
        this.#terminating.delete(unit);
        this.stale.delete(unit);
        podBorn(this.model, unit);
        return true;
      case 'finish':
        finishUnit(this.model, unit, this.now.toISOString());
        return true;
      default:
        throw new Error(`the simulation does not run a ${operation?.kind}`);
    }
  }

  #run(unit: string, hook: Hook): void {
    const remote = 'remoteUnit' in hook ? hook.remoteUnit : undefined;
    const departing = 'departingUnit' in hook ? ` (${hook.departingUnit} departs)` : '';
    const about = remote ?? ('remoteApp' in hook ? hook.remoteApp : '');
    const waiting = this.workload.get(unit);
    if (waiting?.[0] === hook) waiting.shift();
    const seen = beginHook(this.model, unit, hook, this.now.toISOString());
    const wish = this.behaviour(unit, hook, this.model);
    const words = [unit, hookNameOf(hook), `${about}${departing}`, wish === 'fail' ? 'FAILED' : ''];
    this.journal.push(words.filter((word) => word !== '').join(' '));
    if (wish === 'fail') {
      failHook(this.model, unit, hook, this.now);
      return;
    }
    commitPending(this.model, unit, { ...NOTHING, ...wish }, this.now);
    if (hook.kind === 'update-status') this.updateStatusDue = false;
    advance(this.model, unit, hook, seen, this.now);
  }

  #exists(unit: string): boolean {
    return allUnits(this.model).some(({ name }) => name === unit);
  }

  #live(unit: string): Live {
    return {
      now: this.now,
      workload: this.workload.get(unit) ?? [],
      execWaiting: false,
      terminating: this.#terminating.has(unit),
      updateStatusDue: this.updateStatusDue,
      retryHooks: true,
      isReady: (other) => !this.unready.has(other),
      isStale: (other) => this.stale.has(other),
    };
  }

  unit(name: string) {
    return findUnit(this.model, name);
  }
}
