/** Rules that look at one application only. Import it only where a relation has rules: it brings PromQL's grammar. */
import {
  type JujuTopology,
  matchersOfLabels,
  sentGroup,
  type TopologyGroup,
  type TopologyRule,
  topologyMatchers,
} from './juju-topology.ts';
import { withMatchers } from './promql.ts';

/** The sender's side: a name that no other application's group has, labels, and matchers in every selector. */
export function withTopology<Rule extends TopologyRule>(group: TopologyGroup<Rule>, topology: JujuTopology) {
  return sentGroup(group, topology, (expr) =>
    withMatchers(withoutPlaceholder(expr), topologyMatchers(topology)),
  );
}

/** The receiver's side: a rule that is labelled with an application looks at that one only, whoever sent it. */
export function scopedByLabels<Rule extends TopologyRule>(rule: Rule): Rule {
  const matchers = matchersOfLabels(rule.labels ?? {});
  return matchers.length === 0
    ? rule
    : { ...rule, expr: withMatchers(withoutPlaceholder(rule.expr), matchers) };
}

/** `%%juju_topology%%` only marks a place. */
function withoutPlaceholder(expr: string): string {
  return expr.replaceAll(/%%juju_topology%%,?/g, '');
}
