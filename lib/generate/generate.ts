/** Writes a charm's YAML declarations as a TypeScript constant, so that its names become types. */
import type { CharmSpec } from '../spec/spec.ts';
import { leanSpec } from '../spec/spec-of.ts';

/**
 * The text of `generated.ts`. Same spec, same text. Descriptions stay out: every hook loads this; the charm reads them
 * from its files with `juju.meta()` when it wants them.
 */
export function generateSpec(spec: CharmSpec): string {
  return [
    "// Written by `charmwright generate` from the charm's YAML files. Do not edit.",
    "import type { CharmSpec } from 'charmwright';",
    '',
    `export const spec = ${JSON.stringify(leanSpec(spec), null, 2)} as const satisfies CharmSpec;`,
    '',
    'export type Spec = typeof spec;',
    '',
  ].join('\n');
}
