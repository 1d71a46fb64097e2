import type { RunVerb } from '../call.ts';
import { UsageError } from '../errors.ts';
import { formatStructured } from '../format/structured.ts';
import { layOut, naturalOrder } from '../format/table.ts';
import type { actions as spec } from '../table/operation.ts';
import { atMost, requireApplication } from './arguments.ts';

export const actions: RunVerb<typeof spec> = async ({ args, flags, terminal, model }) => {
  const application = requireApplication(args);
  atMost(args, 1);
  if (flags.schema && flags.format === 'tabular') {
    throw new UsageError('full schema not compatible with tabular output');
  }
  const answer = await (await model()).call('actions', { application });
  const found = Object.entries(answer.actions).sort(([a], [b]) => naturalOrder(a, b));
  if (flags.schema) {
    const schemas = Object.fromEntries(found.map(([name, { schema }]) => [name, schema]));
    terminal.out(formatStructured(schemas, flags.format === 'json' ? 'json' : 'yaml'));
  } else if (flags.format === 'json' || flags.format === 'yaml') {
    const texts = Object.fromEntries(found.map(([name, { description }]) => [name, description]));
    terminal.out(formatStructured(texts, flags.format));
  } else if (found.length === 0) {
    terminal.info(`No actions defined for ${application}.`);
  } else {
    const rows = found.flatMap(([name, { description }]) =>
      description
        .trim()
        .split('\n')
        .map((line, index) => [index === 0 ? name : '', line.trim()]),
    );
    terminal.out(layOut([['Action', 'Description'], ...rows], { color: terminal.color }));
  }
  return undefined;
};
