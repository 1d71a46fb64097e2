/**
 * Where in Juju something runs, as Canonical's charms label metrics, rules and logs with it. The rules are cosl's, so
 * that both ends of a relation may apply them: what has its labels already is left alone.
 */
import type { Matcher } from './promql.ts';

export interface JujuTopology {
  readonly model: string;
  readonly modelUuid: string;
  readonly application: string;
  /** The name in metadata.yaml. */
  readonly charm: string;
}

/** Part of names of groups, jobs and files: `cos_20ce8299_mimir-k8s`. */
export function topologyIdentifier({ model, modelUuid, application }: JujuTopology): string {
  return [model, modelUuid.slice(0, 8), application].join('_').replaceAll('/', '_');
}

/** Never the unit: rules come from the application, and would match the unit alone that wrote them. */
export function topologyLabels(topology: JujuTopology): Readonly<Record<string, string>> {
  return {
    juju_model: topology.model,
    juju_model_uuid: topology.modelUuid,
    juju_application: topology.application,
    juju_charm: topology.charm,
  };
}

/** Without the charm: a subordinate's metrics carry another. */
export function topologyMatchers(topology: Omit<JujuTopology, 'charm'>): readonly Matcher[] {
  return [
    { label: 'juju_model', op: '=', value: topology.model },
    { label: 'juju_model_uuid', op: '=', value: topology.modelUuid },
    { label: 'juju_application', op: '=', value: topology.application },
  ];
}

/** A group's name that no other application's has. One that was made so before stays. */
export function topologyGroupName(topology: JujuTopology, name: string): string {
  if (/_[0-9a-f]{8}_.*rules$/.test(name)) return name;
  const suffix = name.endsWith('_rules') ? '' : '_rules';
  return `${topologyIdentifier(topology)}_${name}${suffix}`.replaceAll(/[^a-zA-Z0-9_:]/g, '_');
}

/** What an alerting and a recording rule have in common; all else about them passes through. */
export interface TopologyRule {
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

export interface TopologyGroup<Rule extends TopologyRule = TopologyRule> {
  readonly name: string;
  readonly rules: readonly Rule[];
}

/**
 * A group as an application sends it: a name that no other's has, and its labels, but for those that a rule has itself.
 * @param scoped an expression that looks at this application only.
 */
export function sentGroup<Rule extends TopologyRule>(
  group: TopologyGroup<Rule>,
  topology: JujuTopology,
  scoped: (expr: string) => string,
) {
  return {
    ...group,
    name: topologyGroupName(topology, group.name),
    rules: group.rules.map((rule) => ({
      ...rule,
      expr: scoped(rule.expr),
      labels: { ...topologyLabels(topology), ...rule.labels },
    })),
  };
}

/** The matchers that a rule's own labels ask for; none unless it has all three. */
export function matchersOfLabels(labels: Readonly<Record<string, string>>): readonly Matcher[] {
  const { juju_model: model, juju_model_uuid: modelUuid, juju_application: application } = labels;
  if (model === undefined || modelUuid === undefined || application === undefined) return [];
  return topologyMatchers({ model, modelUuid, application });
}
