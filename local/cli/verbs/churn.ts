/** Pods and containers that die, or are away. */
import type { Call, RunVerb } from '../call.ts';
import { UsageError } from '../errors.ts';
import type {
  killContainer as containerSpec,
  deletePod as deleteSpec,
  holdPod as holdSpec,
  killPod as podSpec,
  releasePod as releaseSpec,
} from '../table/model.ts';
import { atMost, requireUnit } from './arguments.ts';

/** Of a pod nothing is told but whose it is. */
function ofPod(verb: 'kill-pod' | 'delete-pod' | 'hold-pod' | 'release-pod') {
  return async ({ args, model }: Pick<Call<typeof podSpec>, 'args' | 'model'>): Promise<undefined> => {
    const unit = requireUnit(args);
    atMost(args, 1);
    await (await model()).call(verb, { unit });
  };
}

export const killPod: RunVerb<typeof podSpec> = ofPod('kill-pod');
export const deletePod: RunVerb<typeof deleteSpec> = ofPod('delete-pod');
export const holdPod: RunVerb<typeof holdSpec> = ofPod('hold-pod');
export const releasePod: RunVerb<typeof releaseSpec> = ofPod('release-pod');

export const killContainer: RunVerb<typeof containerSpec> = async ({ args, model }) => {
  const unit = requireUnit(args);
  const [, container] = args;
  if (container === undefined) throw new UsageError('no container specified');
  atMost(args, 2);
  await (await model()).call('kill-container', { unit, container });
  return undefined;
};
