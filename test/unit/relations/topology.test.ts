import { describe, expect, test } from 'vitest';
import {
  type JujuTopology,
  topologyGroupName,
  topologyIdentifier,
} from '../../../relations/juju-topology.ts';
import { scopedByLabels, withTopology } from '../../../relations/topology-rules.ts';

const TOPOLOGY: JujuTopology = {
  model: 'cos',
  modelUuid: '20ce8299-3634-4bef-8bd8-5ace6c8816b4',
  application: 'mimir-k8s',
  charm: 'mimir-k8s',
};
const LABELS = {
  juju_model: 'cos',
  juju_model_uuid: '20ce8299-3634-4bef-8bd8-5ace6c8816b4',
  juju_application: 'mimir-k8s',
  juju_charm: 'mimir-k8s',
};
const SCOPE =
  'juju_model="cos",juju_model_uuid="20ce8299-3634-4bef-8bd8-5ace6c8816b4",juju_application="mimir-k8s"';

const rule = (expr: string, labels?: Readonly<Record<string, string>>) =>
  withTopology({ name: 'g', rules: [{ alert: 'A', expr, ...(labels && { labels }) }] }, TOPOLOGY).rules[0];

test('an application has a short name, which may stand in the name of a file', () => {
  expect(topologyIdentifier(TOPOLOGY)).toBe('cos_20ce8299_mimir-k8s');
  expect(topologyIdentifier({ ...TOPOLOGY, model: 'admin/cos' })).toBe('admin_cos_20ce8299_mimir-k8s');
});

describe('a group of rules', () => {
  test.each([
    ['my-group', 'cos_20ce8299_mimir_k8s_my_group_rules'],
    ['node_rules', 'cos_20ce8299_mimir_k8s_node_rules'],
    ['cos_20ce8299_mimir_k8s_my_group_rules', 'cos_20ce8299_mimir_k8s_my_group_rules'],
    ['a b/c"{}\n', 'cos_20ce8299_mimir_k8s_a_b_c_____rules'],
  ])('%j is told apart from those of other applications', (name, full) => {
    expect(topologyGroupName(TOPOLOGY, name)).toBe(full);
  });

  test('keeps what else it says', () => {
    const group = { name: 'g', interval: '1m', rules: [{ record: 'a:b', expr: 'up', for: '5m' }] };
    expect(withTopology(group, TOPOLOGY)).toEqual({
      name: 'cos_20ce8299_mimir_k8s_g_rules',
      interval: '1m',
      rules: [{ record: 'a:b', for: '5m', expr: `up{${SCOPE}}`, labels: LABELS }],
    });
  });
});

describe('a rule looks at its own application', () => {
  test('in every selector, and says so in its labels', () => {
    expect(rule('up < 1')).toEqual({ alert: 'A', expr: `up{${SCOPE}} < 1`, labels: LABELS });
  });

  test('with the place marked or not', () => {
    expect(rule('up{%%juju_topology%%} < 1')?.expr).toBe(`up{${SCOPE}} < 1`);
    expect(rule('up{%%juju_topology%%, job="x"} < 1')?.expr).toBe(`up{ job="x",${SCOPE}} < 1`);
    expect(rule('up{job="x", %%juju_topology%%}')?.expr).toBe(`up{job="x",${SCOPE}, }`);
  });

  test('keeps labels of its own, also those about Juju', () => {
    expect(rule('up', { severity: 'critical', juju_application: 'other' })?.labels).toEqual({
      ...LABELS,
      juju_application: 'other',
      severity: 'critical',
    });
  });

  test('once, however often it passes', () => {
    const group = { name: 'g', rules: [{ alert: 'A', expr: 'absent(up)' }] };
    const once = withTopology(group, TOPOLOGY);
    expect(withTopology(once, TOPOLOGY)).toEqual(once);
    expect(once.rules.map(scopedByLabels)).toEqual(once.rules);
  });
});

describe('a received rule', () => {
  test('with labels of an application looks at that one only', () => {
    expect(scopedByLabels({ expr: 'up', labels: LABELS }).expr).toBe(`up{${SCOPE}}`);
  });

  test('without them, or with some of them, stays as it is', () => {
    expect(scopedByLabels({ expr: 'up' })).toEqual({ expr: 'up' });
    const half = { expr: 'up', labels: { juju_model: 'cos' } };
    expect(scopedByLabels(half)).toBe(half);
  });
});
