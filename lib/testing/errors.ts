/** What a test run can throw, apart from the test's own assertions. */
import { CharmwrightError } from '../errors.ts';
import type { Outcome } from './outcome.ts';

/** The hook failed. `cause` is what the charm threw; `outcome` is the world as Juju leaves it then. */
export class CharmCrashed extends CharmwrightError {
  override name = 'CharmCrashed';
  readonly outcome: Outcome;
  constructor(event: string, cause: unknown, outcome: Outcome) {
    const said = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    super(`the charm failed in "${event}": ${said}`, { cause });
    this.outcome = outcome;
  }
}

/** The local model cannot be brought to what the test describes, or cannot show what it looks at. */
export class InProcessOnly extends CharmwrightError {
  override name = 'InProcessOnly';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(
      `this runs in process only:\n${problems.map((problem) => `- ${problem}`).join('\n')}\nWrite test.skipIf(onLocalModel)(…) where that is how it should be.`,
    );
    this.problems = problems;
  }
}

/** The test describes something that Juju never produces, so that what it proves would prove nothing. */
export class ImpossibleWorld extends CharmwrightError {
  override name = 'ImpossibleWorld';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`this cannot happen in Juju:\n${problems.map((problem) => `- ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

/** An action gave other results than actions.yaml declares, and succeeded. */
export class WrongResults extends CharmwrightError {
  override name = 'WrongResults';
  readonly problems: readonly string[];
  constructor(action: string, problems: readonly string[]) {
    super(`action "${action}" gave other results than actions.yaml declares: ${problems.join('; ')}`);
    this.problems = problems;
  }
}
