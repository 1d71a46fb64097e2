/**
 * What `state-get` answers, from the dispatch script that the packer writes: the script asks while Node starts and the
 * charm's code is loaded, because nearly every dispatch needs that answer before it can do anything else.
 */
import { readFileSync } from 'node:fs';
import type { Environment } from '../events/parse.ts';
import type { ToolRunner } from './runner.ts';

/** Names the file descriptor. It ends with the line `ok` when the tool succeeded. */
const VARIABLE = 'CHARMWRIGHT_STATE_FD';
const ENDS_WELL = '\nok\n';

/** The same runner; the first time, `state-get` starts no process of its own where the answer is already there. */
export function withEarlyState(tools: ToolRunner, env: Environment): ToolRunner {
  let descriptor = env[VARIABLE];
  return {
    run(tool, args, stdin) {
      if (tool !== 'state-get' || args.join() !== '--format=json' || descriptor === undefined)
        return tools.run(tool, args, stdin);
      const answer = read(Number(descriptor));
      descriptor = undefined;
      // Asked once more, it says itself what is wrong.
      if (answer === undefined) return tools.run(tool, args, stdin);
      return Promise.resolve({ code: 0, stdout: answer, stderr: '' });
    },
  };
}

function read(descriptor: number): string | undefined {
  try {
    const text = readFileSync(descriptor, 'utf8');
    return text.endsWith(ENDS_WELL) ? text.slice(0, -ENDS_WELL.length) : undefined;
  } catch {
    return undefined; // the variable is from elsewhere
  }
}
