/** config.yaml: the options an operator sets. */
import * as z from 'zod';
import { type Faults, readSection, type Section } from './read-yaml.ts';
import { compact, mapValues } from './records.ts';
import type { OptionSpec, OptionType } from './spec.ts';

const option = z.object({
  type: z.enum(['string', 'int', 'float', 'boolean', 'secret']).default('string'),
  default: z.union([z.string(), z.number(), z.boolean()], 'must be text, a number, true or false').nullish(),
  description: z.string().optional(),
});

/** An empty `options:` is what charmcraft and Juju accept for none. */
const shape = z.object({ options: z.record(z.string(), option).nullable() });

const DEFAULTS: Readonly<Record<OptionType, { fits(value: unknown): boolean; is: string }>> = {
  string: { fits: (value) => typeof value === 'string', is: 'text' },
  int: { fits: (value) => Number.isInteger(value), is: 'a whole number' },
  float: { fits: (value) => typeof value === 'number', is: 'a number' },
  boolean: { fits: (value) => typeof value === 'boolean', is: 'true or false' },
  secret: { fits: (value) => value === '' || /^secret:/.test(String(value)), is: 'the URI of a secret' },
};

/** Undefined after a fault of the shape. */
export function readConfig(section: Section, faults: Faults): Record<string, OptionSpec> | undefined {
  const yaml = readSection(section, shape, faults);
  if (yaml === undefined) return undefined;
  const options = yaml.options ?? {};
  for (const [name, { type, default: value }] of Object.entries(options)) {
    const { fits, is } = DEFAULTS[type];
    if (value === undefined || value === null || fits(value)) continue;
    faults.of(section)(
      ['options', name, 'default'],
      `${JSON.stringify(value)} does not fit the type ${type}: write ${is}`,
    );
  }
  return mapValues(options, ({ type, default: value, description }) => ({
    type,
    ...compact({ default: value ?? undefined, description: description?.trim() }),
  }));
}
