/** What runs here, whatever is wanted. */
import type { Inputs } from './inputs.ts';
import { TARGET_FILE } from './paths.ts';
import { COMPONENTS, type Component, componentsOfTarget, targetOf } from './roles.ts';

/** What a Mimir of this unit was last started to do; nothing before the first start. */
export function runningComponents({ container }: Pick<Inputs, 'container'>): readonly Component[] {
  const { lastGood, files = {} } = container;
  return lastGood === undefined ? [] : componentsOfTarget(files[TARGET_FILE] ?? targetOf(COMPONENTS));
}
