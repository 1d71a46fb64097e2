/** The rules that go over the relation: those of the option, and those that a sender of metrics adds by itself. */
import { parse } from 'yaml';
import * as z from 'zod';
import type { JujuTopology } from '../../../../relations/juju-topology.ts';
import { withTopology } from '../../../../relations/topology-rules.ts';

const ruleFile = z.object({
  groups: z.array(
    z.looseObject({
      name: z.string(),
      rules: z.array(
        z.looseObject({ expr: z.string(), labels: z.record(z.string(), z.string()).optional() }),
      ),
    }),
  ),
});
type Group = z.output<typeof ruleFile>['groups'][number];

/** @throws YAMLParseError or ZodError when the text is no file of rules. */
export function parseRules(text: string): readonly Group[] {
  return text.trim() === '' ? [] : ruleFile.parse(parse(text)).groups;
}

export function alertRules(own: readonly Group[], topology: JujuTopology, units: readonly string[]): object {
  return { groups: [...own, senderHealth(units)].map((group) => withTopology(group, topology)) };
}

/** Each unit's metrics, and any at all, must keep coming. */
function senderHealth(units: readonly string[]): Group {
  const missing = { expr: 'absent(up)', for: '5m' };
  return {
    name: 'AggregatorHostHealth',
    rules: [
      ...units.map((unit) => ({
        ...missing,
        alert: 'HostMetricsMissing',
        expr: `absent(up{juju_unit=${JSON.stringify(unit)}})`,
        labels: { severity: 'warning', juju_unit: unit },
        annotations: { summary: `Unit '${unit}' sends no metrics.` },
      })),
      {
        ...missing,
        alert: 'AggregatorMetricsMissing',
        labels: { severity: 'critical' },
        annotations: { summary: "Application '{{ $labels.juju_application }}' sends no metrics." },
      },
    ],
  };
}
