/** YAML text that comes from people: read without ever throwing. */
import { parseDocument } from 'yaml';
import { firstLine } from './text.ts';

export type YamlResult =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly problem: string };

/**
 * Reads one YAML document. With the schema `failsafe` every scalar is a text, exactly as it stands.
 * Duplicate keys, a second document and alias bombs are problems, each told in one line.
 */
export function readYaml(text: string, schema: 'core' | 'failsafe' = 'core'): YamlResult {
  const document = parseDocument(text, { prettyErrors: true, schema });
  const [fault] = document.errors;
  if (fault !== undefined) return { ok: false, problem: firstLine(fault.message) };
  try {
    return { ok: true, value: document.toJS({ maxAliasCount: 100 }) };
  } catch (error) {
    return { ok: false, problem: firstLine(error instanceof Error ? error.message : String(error)) };
  }
}
