/** YAML text that comes from people: read without ever throwing. */
import { parseDocument } from 'yaml';

export type YamlResult =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly problem: string };

/** Reads one YAML document. Duplicate keys, a second document and alias bombs are problems, in one line each. */
export function readYaml(text: string): YamlResult {
  const document = parseDocument(text, { prettyErrors: true });
  const [fault] = document.errors;
  if (fault !== undefined) return { ok: false, problem: firstLine(fault.message) };
  try {
    return { ok: true, value: document.toJS({ maxAliasCount: 100 }) };
  } catch (error) {
    return { ok: false, problem: firstLine(error instanceof Error ? error.message : String(error)) };
  }
}

/** The first line, without control characters: fit for a status or a log. */
export function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').replaceAll(/\p{Cc}/gu, ' ').trim();
}
