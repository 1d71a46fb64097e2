/** Masks secrets in YAML that is shown to people. */
import { isMap, isScalar, parseDocument, visit } from 'yaml';

const MASK = '********';

/**
 * The same YAML with the values of all keys that fit `secret` masked, whatever lies below them. Text that is not YAML
 * is masked whole.
 */
export function maskYaml(text: string, secret: RegExp): string {
  const document = parseDocument(text);
  if (document.errors.length > 0 || !isMap(document.contents)) return MASK;
  visit(document, {
    Pair(_position, pair) {
      if (!isScalar(pair.key) || !secret.test(String(pair.key.value))) return undefined;
      if (isScalar(pair.value) && (pair.value.value === '' || pair.value.value === null)) return undefined;
      pair.value = document.createNode(MASK);
      return visit.SKIP;
    },
    // A comment may hold what was commented out.
    Node(_position, node) {
      node.comment = null;
      node.commentBefore = null;
    },
  });
  return document.toString({ lineWidth: 0 });
}
