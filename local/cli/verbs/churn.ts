/** Pods and containers that die, or are away. */
import type { RunVerb } from '../call.ts';
import { UsageError } from '../errors.ts';
import type {
  killContainer as containerSpec,
  deletePod as deleteSpec,
  holdPod as holdSpec,
  killPod as podSpec,
  releasePod as releaseSpec,
} from '../table/model.ts';
import { atMost, requireUnit } from './arguments.ts';

export const killPod: RunVerb<typeof podSpec> = async ({ args, model }) => {
  const unit = requireUnit(args);
  atMost(args, 1);
  await (await model()).call('kill-pod', { unit });
  return undefined;
};

export const deletePod: RunVerb<typeof deleteSpec> = async ({ args, model }) => {
  const unit = requireUnit(args);
  atMost(args, 1);
  await (await model()).call('delete-pod', { unit });
  return undefined;
};

export const holdPod: RunVerb<typeof holdSpec> = async ({ args, model }) => {
  const unit = requireUnit(args);
  atMost(args, 1);
  await (await model()).call('hold-pod', { unit });
  return undefined;
};

export const releasePod: RunVerb<typeof releaseSpec> = async ({ args, model }) => {
  const unit = requireUnit(args);
  atMost(args, 1);
  await (await model()).call('release-pod', { unit });
  return undefined;
};

export const killContainer: RunVerb<typeof containerSpec> = async ({ args, model }) => {
  const unit = requireUnit(args);
  const [, container] = args;
  if (container === undefined) throw new UsageError('no container specified');
  atMost(args, 2);
  await (await model()).call('kill-container', { unit, container });
  return undefined;
};
