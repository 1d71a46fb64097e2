/** One command line -> its exit code. */
import { modelOpener } from './call.ts';
import { requireVerb, specs } from './commands.ts';
import { CliError, UsageError } from './errors.ts';
import { overview, verbHelp } from './help.ts';
import type { Terminal } from './terminal.ts';

/** Where a model is kept when neither `--model-dir` nor `JUJU_LOCAL_DIR` says otherwise. */
const defaultModelDir = '.juju-local';

/** Runs one command line, without the program's own name. Never throws: errors are printed as juju prints them. */
export async function runCommandLine(words: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return await dispatch(words, terminal);
  } catch (error) {
    terminal.info(`ERROR ${messageOf(error)}`);
    return error instanceof CliError ? error.exitCode : 1;
  }
}

async function dispatch(words: readonly string[], terminal: Terminal): Promise<number> {
  const { before, name, rest } = splitAtVerb(words);
  if (name === undefined) {
    terminal.out(overview(specs));
    return 0;
  }
  const verb = requireVerb(name);
  const invocation = verb.parse([...before, ...rest]);
  if (invocation.global.help) {
    terminal.out(verbHelp(verb.spec));
    return 0;
  }
  const modelDir = invocation.global['model-dir'] ?? terminal.env.JUJU_LOCAL_DIR ?? defaultModelDir;
  const opener = modelOpener(modelDir, terminal);
  try {
    const { model, modelOrNew } = opener;
    return (await invocation.run({ terminal, modelDir, model, modelOrNew })) ?? 0;
  } finally {
    opener.close();
  }
}

/** `--model-dir` may stand before the verb, as juju's global flags may. */
function splitAtVerb(words: readonly string[]) {
  const before: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    if (word === '--version') return { before: [], name: 'version', rest: [] };
    if (!word.startsWith('-')) return { before, name: word, rest: words.slice(i + 1) };
    if (word === '-h' || word === '--help') continue;
    before.push(word);
    if (word === '--model-dir') before.push(words[++i] ?? '');
    else if (!word.startsWith('--model-dir=')) {
      throw new UsageError(`option provided but not defined: ${word}`);
    }
  }
  return { before, name: undefined, rest: [] };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
