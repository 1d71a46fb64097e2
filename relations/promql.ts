/**
 * PromQL expressions with more matchers in them. Brings Prometheus' own grammar along: import it only where a relation
 * has rules.
 */
import { parser } from '@prometheus-io/lezer-promql';

type SyntaxNode = ReturnType<typeof parser.parse>['topNode'];

/** One condition on a label, as it stands inside the braces of a selector. */
export interface Matcher {
  readonly label: string;
  readonly op: '=' | '=~';
  readonly value: string;
}

interface Insertion {
  readonly at: number;
  readonly text: string;
}

/**
 * Adds each matcher to each selector that does not mention its label yet, whatever it says about it; so doing it twice
 * is doing it once. All other text stays as it is. What is not PromQL comes back unchanged: whoever evaluates it says
 * so.
 */
export function withMatchers(expr: string, matchers: readonly Matcher[]): string {
  const insertions: Insertion[] = [];
  let isPromQl = true;
  parser.parse(expr).iterate({
    enter({ type, name, node }) {
      if (type.isError || isEmpty(node)) isPromQl = false;
      if (name === 'VectorSelector') insertions.push(...insertion(expr, node, matchers));
    },
  });
  if (!isPromQl) return expr;
  let [done, text] = [0, ''];
  for (const { at, text: added } of insertions) {
    text += expr.slice(done, at) + added;
    done = at;
  }
  return text + expr.slice(done);
}

/** Whether Prometheus' grammar knows the expression. Names of functions and types of values are not looked at. */
export function isPromQl(expr: string): boolean {
  let good = true;
  parser.parse(expr).iterate({
    enter({ type, node }) {
      if (type.isError || isEmpty(node)) good = false;
    },
  });
  return good;
}

/** `{}` alone, which Prometheus refuses. With matchers it would be everything that the application has. */
function isEmpty(node: SyntaxNode): boolean {
  if (node.name !== 'VectorSelector' || node.getChild('Identifier') !== null) return false;
  const braces = node.getChild('LabelMatchers');
  return braces === null || MATCHERS.every((kind) => braces.getChild(kind) === null);
}

const MATCHERS = ['UnquotedLabelMatcher', 'QuotedLabelMatcher', 'QuotedLabelName'];

function insertion(expr: string, selector: SyntaxNode, matchers: readonly Matcher[]): readonly Insertion[] {
  const braces = selector.getChild('LabelMatchers');
  const present = braces === null ? [] : MATCHERS.flatMap((kind) => braces.getChildren(kind));
  const mentioned = new Set(present.map((matcher) => labelOf(expr, matcher)));
  const added = matchers.filter(({ label }) => !mentioned.has(label)).map(matcherText);
  if (added.length === 0) return [];
  const text = added.join(',');
  if (braces === null) return [{ at: selector.to, text: `{${text}}` }];
  // Behind the last one rather than before the brace: a comma or a comment may stand there.
  const last = Math.max(...present.map(({ to }) => to));
  return [present.length === 0 ? { at: braces.from + 1, text } : { at: last, text: `,${text}` }];
}

/** A name in quotes and without a value is the metric's own. */
function labelOf(expr: string, matcher: SyntaxNode): string {
  if (matcher.name === 'QuotedLabelName') return '__name__';
  const name = matcher.firstChild;
  return name === null ? '' : expr.slice(name.from, name.to).replaceAll(/^["'`]|["'`]$/g, '');
}

/** JSON's escapes are Go's, which PromQL reads. */
function matcherText({ label, op, value }: Matcher): string {
  return `${label}${op}${JSON.stringify(value.toWellFormed())}`;
}
