/** Rules that look at one application only. Import it only where a relation has rules: it brings PromQL's grammar. */
import {
  type JujuTopology,
  matchersOfLabels,
  topologyGroupName,
  topologyLabels,
  topologyMatchers,
} from './juju-topology.ts';
import { withMatchers } from './promql.ts';

/** What an alerting and a recording rule have in common; all else about them passes through. */
export interface TopologyRule {
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

export interface TopologyGroup {
  readonly name: string;
  readonly rules: readonly TopologyRule[];
}

/** The sender's side: a name that no other application's group has, labels, and matchers in every selector. */
export function withTopology<Group extends TopologyGroup>(group: Group, topology: JujuTopology): Group {
  return {
    ...group,
    name: topologyGroupName(topology, group.name),
    rules: group.rules.map((rule) => ruleWithTopology(rule, topology)),
  };
}

/** Labels that the rule has stay as they are. */
function ruleWithTopology(rule: TopologyRule, topology: JujuTopology): TopologyRule {
  return {
    ...rule,
    expr: withMatchers(withoutPlaceholder(rule.expr), topologyMatchers(topology)),
    labels: { ...topologyLabels(topology), ...rule.labels },
  };
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
