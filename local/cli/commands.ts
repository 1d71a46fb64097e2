/** All verbs, `help` among them, and how one is found by its name. */
import { UsageError } from './errors.ts';
import { overview, verbHelp } from './help.ts';
import { nearest } from './nearest.ts';
import type { VerbSpec } from './spec.ts';
import { help as helpSpec } from './table/model.ts';
import { entry, type Verb, verbs } from './verbs.ts';

const help = entry(helpSpec, async () => async ({ args: [name], terminal }) => {
  terminal.out(name === undefined ? overview(specs) : verbHelp(requireVerb(name).spec));
  return undefined;
});

const commands: readonly Verb[] = [...verbs, help];

/** The table: what `help` and the reference page are made of. */
export const specs: readonly VerbSpec[] = commands.map(({ spec }) => spec);

/** By name or alias. Throws UsageError that names the nearest verb. */
export function requireVerb(name: string): Verb {
  const found = commands.find(({ spec }) => namesOf(spec).includes(name));
  if (found !== undefined) return found;
  const guess = nearest(name, specs.flatMap(namesOf));
  throw new UsageError(
    `juju-local: "${name}" is not a juju-local command. See "juju-local help".${
      guess === undefined ? '' : `\n\nDid you mean:\n\t${guess}`
    }`,
  );
}

function namesOf(spec: VerbSpec): readonly string[] {
  return [spec.name, ...(spec.aliases ?? [])];
}
