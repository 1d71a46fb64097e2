/**
 * YAML as juju, which is written in Go, reads and writes it: YAML 1.1, in which `yes` and `on` are booleans. Unlike
 * YAML 1.1, and like Go's library, times and `1:30` are text and keys are always text.
 */
import { parse, stringify } from 'yaml';

/** Throws YAMLParseError. */
export function parseGoYaml(text: string): unknown {
  return parse(text, {
    version: '1.1',
    stringKeys: true,
    customTags: (tags) =>
      tags.filter(
        (tag) =>
          typeof tag === 'string' ||
          !(tag.tag === 'tag:yaml.org,2002:timestamp' || ('format' in tag && tag.format === 'TIME')),
      ),
  });
}

/** Long lines stay whole, and sequences stand at their key's own indentation. */
export function formatGoYaml(value: unknown): string {
  return stringify(value, { version: '1.1', lineWidth: 0, indentSeq: false });
}
