/** More and fewer units. */
import type { RunVerb } from '../call.ts';
import { UsageError } from '../errors.ts';
import type {
  addUnit as addSpec,
  removeUnit as removeSpec,
  scaleApplication as scaleSpec,
} from '../table/applications.ts';
import { atMost, isUnit, requireApplication } from './arguments.ts';

export const scaleApplication: RunVerb<typeof scaleSpec> = async ({ args, terminal, model }) => {
  const application = requireApplication(args);
  const [, text] = args;
  if (text === undefined) throw new UsageError('no scale specified');
  atMost(args, 2);
  if (!/^\d+$/.test(text)) throw new UsageError(`invalid scale "${text}": expected a whole number`);
  const scale = Number(text);
  await (await model()).call('scale-application', { application, scale });
  terminal.info(`${application} scaled to ${counted(scale)}`);
  return undefined;
};

export const addUnit: RunVerb<typeof addSpec> = async ({ args, flags, model }) => {
  const application = requireApplication(args);
  atMost(args, 1);
  const units = positive(flags['num-units']);
  await (await model()).call('add-unit', { application, units });
  return undefined;
};

export const removeUnit: RunVerb<typeof removeSpec> = async ({ args, flags, terminal, model }) => {
  const [name] = args;
  if (name !== undefined && isUnit(name)) {
    throw new UsageError(
      `cannot choose the unit to remove: use "remove-unit ${name.split('/')[0]} --num-units 1", the one with the highest number goes`,
    );
  }
  const application = requireApplication(args);
  atMost(args, 1);
  if (flags['num-units'] === undefined)
    throw new UsageError('specify the number of units to remove with --num-units');
  const request = {
    application,
    units: positive(flags['num-units']),
    destroyStorage: flags['destroy-storage'],
  };
  const removed = await (await model()).call('remove-unit', request);
  for (const unit of removed.units) terminal.info(`will remove unit ${unit}`);
  return undefined;
};

function positive(count: number): number {
  if (count < 1) throw new UsageError('--num-units must be a positive integer');
  return count;
}

function counted(units: number): string {
  return `${units} unit${units === 1 ? '' : 's'}`;
}
