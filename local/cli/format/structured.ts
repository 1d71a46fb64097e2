/** JSON and YAML as juju prints them. */
import { formatGoYaml } from './go-yaml.ts';

export type StructuredFormat = 'json' | 'yaml';

/** JSON is one line, as juju's. */
export function formatStructured(value: unknown, format: StructuredFormat): string {
  switch (format) {
    case 'json':
      return `${JSON.stringify(value)}\n`;
    case 'yaml':
      return formatGoYaml(value);
  }
}
