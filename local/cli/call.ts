/** What a verb is given when it runs. */
import type { LocalClient } from '../client.ts';
import { CliError } from './errors.ts';
import type { FlagValues, VerbSpec } from './spec.ts';
import type { Terminal } from './terminal.ts';

export interface Call<S extends VerbSpec> {
  readonly flags: FlagValues<S['flags']>;
  readonly args: readonly string[];
  readonly terminal: Terminal;
  /** The folder as the user named it. */
  readonly modelDir: string;
  /** The model of this folder, its daemon started when none runs. Throws CliError when there is no model. */
  model(): Promise<LocalClient>;
  /** The same, but makes the model when there is none. */
  modelOrNew(): Promise<LocalClient>;
}

/** Resolves to the exit code, when it is not 0. */
export type RunVerb<S extends VerbSpec> = (call: Call<S>) => Promise<number | undefined>;

/** How the model is opened; loads the client only then, so that `help` starts quickly. */
export function modelOpener(modelDir: string, terminal: Terminal) {
  let opened: LocalClient | undefined;
  const open = async (create: boolean): Promise<LocalClient> => {
    if (opened !== undefined) return opened;
    const { modelExists, openModel } = await import('../client.ts');
    if (!create && !modelExists(modelDir)) {
      throw new CliError(
        `there is no model in ${modelDir}.\n\nDeploy a charm to make one:\n\n\tjuju-local deploy ./my-charm.charm --resource my-image=./my-image`,
      );
    }
    opened = await openModel({ modelDir, progress: terminal.info });
    return opened;
  };
  return {
    model: () => open(false),
    modelOrNew: () => open(true),
    close: () => opened?.close(),
  };
}
