/** Every verb but `help`, with the module that runs it; a module is loaded only when its verb is called. */
import type { Call, RunVerb } from './call.ts';
import { parseWords } from './parse.ts';
import type { FlagValues, globalFlags, VerbSpec } from './spec.ts';
import * as applications from './table/applications.ts';
import * as configuration from './table/configuration.ts';
import * as model from './table/model.ts';
import * as observation from './table/observation.ts';
import * as operation from './table/operation.ts';
import * as secrets from './table/secrets.ts';

/** What a call has besides its words. */
export type Surroundings = Omit<Call<VerbSpec>, 'flags' | 'args'>;

/** A parsed call of some verb, ready to run. */
export interface Invocation {
  readonly global: FlagValues<typeof globalFlags>;
  run(surroundings: Surroundings): Promise<number | undefined>;
}

export interface Verb {
  readonly spec: VerbSpec;
  /** Throws UsageError. */
  parse(words: readonly string[]): Invocation;
}

/** Pairs a spec with its runner; the compiler checks that the runner takes this very verb's flags. */
export function entry<S extends VerbSpec>(spec: S, load: () => Promise<RunVerb<S>>): Verb {
  return {
    spec,
    parse: (words) => {
      const { flags, args, global } = parseWords(spec, words);
      return { global, run: async (surroundings) => (await load())({ ...surroundings, flags, args }) };
    },
  };
}

const scale = () => import('./verbs/scale.ts');
const relation = () => import('./verbs/relation.ts');
const secret = () => import('./verbs/secrets.ts');
const churn = () => import('./verbs/churn.ts');

export const verbs: readonly Verb[] = [
  entry(applications.deploy, async () => (await import('./verbs/deploy.ts')).deploy),
  entry(applications.refresh, async () => (await import('./verbs/deploy.ts')).refresh),
  entry(applications.integrate, async () => (await relation()).integrate),
  entry(applications.removeRelation, async () => (await relation()).removeRelation),
  entry(applications.scaleApplication, async () => (await scale()).scaleApplication),
  entry(applications.addUnit, async () => (await scale()).addUnit),
  entry(applications.removeUnit, async () => (await scale()).removeUnit),
  entry(applications.removeApplication, async () => (await import('./verbs/remove.ts')).removeApplication),
  entry(applications.trust, async () => (await import('./verbs/config.ts')).trust),
  entry(configuration.config, async () => (await import('./verbs/config.ts')).config),
  entry(configuration.modelConfig, async () => (await import('./verbs/model-config.ts')).modelConfig),
  entry(observation.status, async () => (await import('./verbs/status.ts')).status),
  entry(observation.showUnit, async () => (await import('./verbs/show.ts')).showUnit),
  entry(observation.showApplication, async () => (await import('./verbs/show.ts')).showApplication),
  entry(observation.snapshot, async () => (await import('./verbs/snapshot.ts')).snapshot),
  entry(observation.debugLog, async () => (await import('./verbs/debug-log.ts')).debugLog),
  entry(observation.waitFor, async () => (await import('./verbs/wait-for.ts')).waitFor),
  entry(operation.run, async () => (await import('./verbs/run.ts')).run),
  entry(operation.showTask, async () => (await import('./verbs/show-task.ts')).showTask),
  entry(operation.actions, async () => (await import('./verbs/actions.ts')).actions),
  entry(operation.exec, async () => (await import('./verbs/exec.ts')).exec),
  entry(operation.ssh, async () => (await import('./verbs/ssh.ts')).ssh),
  entry(operation.resolved, async () => (await import('./verbs/resolved.ts')).resolved),
  entry(secrets.addSecret, async () => (await secret()).addSecret),
  entry(secrets.updateSecret, async () => (await secret()).updateSecret),
  entry(secrets.grantSecret, async () => (await secret()).grantSecret),
  entry(secrets.revokeSecret, async () => (await secret()).revokeSecret),
  entry(secrets.removeSecret, async () => (await secret()).removeSecret),
  entry(secrets.secrets, async () => (await import('./verbs/show-secrets.ts')).secrets),
  entry(secrets.showSecret, async () => (await import('./verbs/show-secrets.ts')).showSecret),
  entry(model.addModel, async () => (await import('./verbs/add-model.ts')).addModel),
  entry(model.destroyModel, async () => (await import('./verbs/remove.ts')).destroyModel),
  entry(model.version, async () => (await import('./verbs/version.ts')).version),
  entry(model.forward, async () => (await import('./verbs/forward.ts')).forward),
  entry(model.kubernetes, async () => (await import('./verbs/kubernetes.ts')).kubernetes),
  entry(model.killPod, async () => (await churn()).killPod),
  entry(model.deletePod, async () => (await churn()).deletePod),
  entry(model.holdPod, async () => (await churn()).holdPod),
  entry(model.releasePod, async () => (await churn()).releasePod),
  entry(model.killContainer, async () => (await churn()).killContainer),
];
