/** A hundred senders with twenty rule groups each. */

export const SENDERS = 100;
export const GROUPS = 20;
const RULES = 3;

const LABELS = {
  juju_model: 'cos',
  juju_model_uuid: '20ce8299-3634-4bef-8bd8-5ace6c8816b4',
  juju_application: 'agent',
  juju_charm: 'agent-k8s',
};
const MATCHERS =
  'juju_model="cos",juju_model_uuid="20ce8299-3634-4bef-8bd8-5ace6c8816b4",juju_application="agent"';

export interface Group {
  readonly name: string;
  readonly rules: readonly object[];
}

/** Of one sender; `changed` is the number of a group that is not as it was. */
export function groupsOf(sender: number, changed?: number): readonly Group[] {
  return Array.from({ length: GROUPS }, (_, i) => ({
    name: `cos_20ce8299_agent_part_${i}_rules`,
    rules: Array.from({ length: RULES }, (_, j) => ({
      alert: `Busy${j}`,
      expr: `sum by (instance) (rate(busy_seconds_${sender}{${MATCHERS}}[5m])) > ${i === changed ? 1000 : i}`,
      for: '5m',
      labels: { ...LABELS, severity: 'critical' },
      annotations: {
        summary: '{{ $labels.instance }} is busy',
        description: 'VALUE = {{ $value }}: "too much"',
      },
    })),
  }));
}

/** As a sender publishes them. */
export function sentBy(sender: number, changed?: number): string {
  return JSON.stringify({ groups: groupsOf(sender, changed) });
}
