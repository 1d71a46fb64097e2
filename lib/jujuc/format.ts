/** What a hook tool prints: `--format json`, `yaml` or `smart`. */
import { stringify } from 'yaml';

/** What `--format` takes. */
export type Format = 'json' | 'yaml' | 'smart';

/** The text for standard output, newline included; empty when Juju prints nothing at all. */
export function format(kind: Format, value: unknown): string {
  switch (kind) {
    case 'json':
      return `${JSON.stringify(sorted(value ?? null))}\n`;
    case 'yaml':
      return yaml(value);
    case 'smart':
      return smart(value);
  }
}

function smart(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'boolean') return value ? 'True\n' : 'False\n';
  if (typeof value === 'string') return value === '' ? '' : `${value}\n`;
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) {
    return value.length === 0 ? '' : `${value.join('\n')}\n`;
  }
  return yaml(value);
}

/** As Go's yaml: sorted keys, no line folding, lists not indented under their key. */
function yaml(value: unknown): string {
  const text = stringify(sorted(value ?? null), { lineWidth: 0, indentSeq: false, version: '1.1' });
  return `${text.trimEnd()}\n`;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)]),
  );
}
