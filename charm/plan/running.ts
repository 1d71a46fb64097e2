/** What runs here, whatever is wanted. */
import type { Inputs } from './inputs.ts';
import { CONFIG_FILE, TARGET_FILE } from './paths.ts';
import { COMPONENTS, type Component, componentsOfTarget, targetOf } from './roles.ts';

/** What a Mimir of this unit was last started to do; nothing before the first start. */
export function runningComponents({ container }: Pick<Inputs, 'container'>): readonly Component[] {
  const { lastGood, files = {} } = container;
  return lastGood === undefined ? [] : componentsOfTarget(files[TARGET_FILE] ?? targetOf(COMPONENTS));
}

const IN_RING = '\n  service_discovery_mode: "ring"\n';

/** Whether this unit's query schedulers are in the ring. */
export function runsInRing({ container }: Pick<Inputs, 'container'>): boolean {
  return container.files?.[CONFIG_FILE]?.includes(IN_RING) === true;
}
