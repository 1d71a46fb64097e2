/**
 * What hook tools answer that the dispatch script of the packer has started: it asks while Node starts and the charm's
 * code is loaded. `state-get`, because nearly every dispatch needs that answer before it can do anything else; and what
 * the last hook of the same name asked, which this one will most likely ask, too.
 */
import { readFileSync } from 'node:fs';
import type { Environment } from '../events/parse.ts';
import type { ToolRunner } from './runner.ts';

/** A line for each: the file descriptor, then the call. */
export const EARLY = 'CHARMWRIGHT_EARLY';
/** All of these answer with one line of JSON; a tool that fails answers nothing, one that is killed no whole line. */
const WHOLE = '\n';
/** In the charm's folder, a file for each hook: what the script is to start, a call a line. */
const FOLDER = '.charmwright-early';

/**
 * Nothing comes of asking, and what they answer is the same from the beginning of a hook to its end; of `secret-get` only
 * with `--peek`, which moves no revision, and until the hook itself does something with secrets.
 */
const QUESTIONS: ReadonlySet<string> = new Set([
  'config-get',
  'goal-state',
  'is-leader',
  'network-get',
  'secret-get',
]);
const CHANGES_SECRETS = /^secret-(add|set|remove|grant|revoke)$/;
/** The script takes a line apart at its spaces. */
const PLAIN = /^[\w.,:/=@-]+$/;
/** Beside `state-get`. */
const MOST = 6;
/** Seconds: a hook that has waited for something else asks anew. */
export const LONGEST_EARLY_S = 5;

/** The charm's folder. */
interface Folder {
  write(name: string, text: string): void;
  remove(name: string): void;
}

/** The hook tools of one dispatch, some of which have been started already. */
export class EarlyTools implements ToolRunner {
  readonly #tools: ToolRunner;
  readonly #hook: string;
  /** File descriptors by call. */
  readonly #started = new Map<string, number>();
  readonly #given: string;
  readonly #asked = new Set<string>();
  readonly #uptime: () => number;

  /** `uptime`: how long this process has been running, in seconds. */
  constructor(tools: ToolRunner, env: Environment, uptime: () => number = process.uptime) {
    this.#tools = tools;
    this.#uptime = uptime;
    this.#hook = (env.JUJU_DISPATCH_PATH ?? '').replaceAll('/', '-');
    const lines = (env[EARLY] ?? '').split('\n').map((line) => /^(\d+) (.+)$/.exec(line));
    for (const [, descriptor = '', call = ''] of lines.filter((line) => line !== null))
      this.#started.set(call, Number(descriptor));
    this.#given = text([...this.#started.keys()]);
  }

  async run(tool: string, args: readonly string[], stdin?: string) {
    if (CHANGES_SECRETS.test(tool)) this.#forgetSecrets();
    const call = [tool, ...args].join(' ');
    const answer = this.#answerTo(call);
    // Asked once more, a tool that failed says itself what is wrong.
    const result =
      answer === undefined
        ? await this.#tools.run(tool, args, stdin)
        : { code: 0, stdout: answer, stderr: '' };
    if (result.code === 0 && isQuestion(tool, args)) this.#asked.add(call);
    return result;
  }

  /** Has the next hook of this name start what this one has asked. Called when it has succeeded. */
  keep(files: Folder): void {
    const wanted = text([...this.#asked]);
    if (this.#hook === '' || wanted === this.#given) return;
    const name = `${FOLDER}/${this.#hook}`;
    try {
      if (wanted === '') files.remove(name);
      else files.write(name, wanted);
    } catch {
      // A folder that cannot be written to: hooks start what they ask themselves.
    }
  }

  #forgetSecrets(): void {
    for (const call of this.#started.keys()) if (call.startsWith('secret-get ')) this.#started.delete(call);
  }

  #answerTo(call: string): string | undefined {
    const descriptor = this.#started.get(call);
    if (descriptor === undefined) return undefined;
    this.#started.delete(call);
    if (this.#uptime() > LONGEST_EARLY_S) return undefined;
    try {
      const answer = readFileSync(descriptor, 'utf8');
      return answer.endsWith(WHOLE) ? answer : undefined;
    } catch {
      return undefined; // the variable is from elsewhere
    }
  }
}

function isQuestion(tool: string, args: readonly string[]): boolean {
  if (tool === 'secret-get' && !args.includes('--peek')) return false;
  // Not those about a relation: the next hook of this name may be about another.
  return QUESTIONS.has(tool) && !args.includes('-r') && args.every((arg) => PLAIN.test(arg));
}

function text(calls: readonly string[]): string {
  const lines = calls
    .filter((call) => !call.startsWith('state-get '))
    .toSorted()
    .slice(0, MOST);
  return lines.map((line) => `${line}\n`).join('');
}
