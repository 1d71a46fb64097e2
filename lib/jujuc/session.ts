/** Juju's side of one hook: answers its hook tools, and says at the end what is to be committed. */
import { lookup } from './bag.ts';
import { Draft } from './draft.ts';
import { quote, Refusal, StdinNeeded } from './refusal.ts';
import { TOOLS } from './tools.ts';
import type { HookHost, HookScope, Pending, ToolAnswer, ToolCall, UnitView } from './view.ts';

/**
 * The hook tools of one running hook: answers each call, and gathers what is committed when the hook
 * succeeds.
 */
export class HookSession {
  readonly #draft: Draft;

  /** `view` is how the model stood when the hook began; changes others make meanwhile stay unseen. */
  constructor(view: UnitView, scope: HookScope, host: HookHost) {
    this.#draft = new Draft(view, scope, host);
  }

  /**
   * Runs one hook tool. An answer with `needStdin` has done nothing yet: ask again with the caller's standard
   * input. What the tool refuses is an answer too (exit code 1 or 2, `ERROR …` on stderr), never an exception.
   */
  answer(call: ToolCall): ToolAnswer {
    const tool = lookup(TOOLS, call.tool);
    if (tool === undefined) return refused(1, `unknown command ${quote(call.tool)}`);
    try {
      return tool.answer(call.tool, this.#draft, call);
    } catch (error) {
      if (error instanceof Refusal) return refused(error.code, error.message);
      if (error instanceof StdinNeeded) return { code: 0, stdout: '', stderr: '', needStdin: true };
      throw error;
    }
  }

  /** What to commit, in one go, when the hook ends with exit code 0; otherwise it is to be forgotten. */
  pending(): Pending {
    return this.#draft.pending();
  }
}

function refused(code: number, message: string): ToolAnswer {
  return { code, stdout: '', stderr: `ERROR ${message}\n` };
}
