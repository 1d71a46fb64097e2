/** Writes a charm's YAML declarations as a TypeScript constant, so that its names become types. */
import type { CharmSpec } from '../spec/spec.ts';

/** The text of `generated.ts`. Same spec, same text. */
export function generateSpec(spec: CharmSpec): string {
  return [
    '// Written by `charmwright generate` from metadata.yaml, config.yaml and actions.yaml. Do not edit.',
    "import type { CharmSpec } from 'charmwright';",
    '',
    `export const spec = ${JSON.stringify(spec, null, 2)} as const satisfies CharmSpec;`,
    '',
    'export type Spec = typeof spec;',
    '',
  ].join('\n');
}
