/** JSON and YAML as juju prints them. */
import { stringify } from 'yaml';

export type StructuredFormat = 'json' | 'yaml';

/** JSON is one line, as juju's; YAML has sequences at their key's own indentation, as Go writes them. */
export function formatStructured(value: unknown, format: StructuredFormat): string {
  switch (format) {
    case 'json':
      return `${JSON.stringify(value)}\n`;
    case 'yaml':
      return stringify(value, { lineWidth: 0, indentSeq: false });
  }
}
