/** The options about Kubernetes: what each may be, and what becomes of it. */
import { describe, expect, test } from 'vitest';
import type { RawOptions } from '../../../charm/plan/inputs.ts';
import { parseKubernetes } from '../../../charm/plan/kubernetes.ts';
import { kubernetesPatches } from '../../../charm/plan/kubernetes-patches.ts';
import { readMapping } from '../../../charm/plan/mapping.ts';
import { DEFAULT_OPTIONS } from '../../support/mimir-inputs.ts';

function parse(options: Partial<RawOptions>) {
  return parseKubernetes({ ...DEFAULT_OPTIONS, ...options });
}

/** As JSON, so that a field that is left out is not there. */
function patches(options: Partial<RawOptions>): unknown {
  const parsed = parse(options);
  return parsed.ok ? JSON.parse(JSON.stringify(kubernetesPatches('mimir-k8s', parsed.kubernetes))) : parsed;
}

describe('a mapping', () => {
  test.each([
    ['', {}],
    ['{"b": "x", "a": 1}', { a: '1', b: 'x' }],
    ['b: x\na: 1', { a: '1', b: 'x' }],
    ['---\n# a remark\na.b/c: "d: e" # another\n', { 'a.b/c': 'd: e' }],
    ["'a': 'b#c'", { a: 'b#c' }],
    [
      'eks.amazonaws.com/role-arn: arn:aws:iam::1:role/m',
      { 'eks.amazonaws.com/role-arn': 'arn:aws:iam::1:role/m' },
    ],
  ])('%j is read', (text, mapping) => {
    expect(readMapping(text)).toEqual(mapping);
  });

  test.each([
    'a',
    'a:',
    '- a: b',
    'a: [b]',
    'a: b\na: c',
    '{"a": {"b": "c"}}',
    '{',
    '[]',
    'a: |\n  b',
    '{a: b}',
  ])('%j is none', (text) => {
    expect(readMapping(text)).toBeUndefined();
  });

  test('is the same whatever the order it is written in', () => {
    expect(JSON.stringify(readMapping('b: 1\na: 2'))).toBe(JSON.stringify(readMapping('a: 2\nb: 1')));
  });
});

describe('an amount', () => {
  test.each(['500m', '0.5', '2', '1.5'])('of CPU may be %s', (amount) => {
    expect(parse({ 'cpu-limit': amount }).ok).toBe(true);
  });
  test.each(['512Mi', '4Gi', '4000000000', '1.5G'])('of memory may be %s', (amount) => {
    expect(parse({ 'memory-request': amount }).ok).toBe(true);
  });
  test.each(['-1', '0', 'lots', '2 Gi', '4GB', '1e9', '٣'])('may not be %s', (amount) => {
    expect(parse({ 'memory-limit': amount })).toMatchObject({
      problems: [{ option: 'memory-limit', allowed: 'empty, or an amount such as 512Mi or 4Gi' }],
    });
  });
  test('that is set aside may not be more than the most', () => {
    expect(parse({ 'memory-request': '1Gi', 'memory-limit': '1000M' })).toMatchObject({
      problems: [{ option: 'memory-request', allowed: 'at most memory-limit, which is 1000M' }],
    });
    expect(parse({ 'cpu-request': '1', 'cpu-limit': '1000m' }).ok).toBe(true);
  });
});

test.each<[keyof RawOptions, string]>([
  ['pod-anti-affinity', 'always'],
  ['termination-grace-period', '10s'],
  ['termination-grace-period', '2d'],
  ['termination-grace-period', ''],
  ['service-account-annotations', 'eks.amazonaws.com/role-arn'],
  ['service-account-annotations', 'a/b/c: d'],
  ['service-account-annotations', `${'x'.repeat(64)}: d`],
  ['service-ports', 'http: 99999'],
  ['service-ports', 'http: 80:0'],
  ['service-ports', 'juju-http: 80'],
  ['service-ports', 'placeholder: 80'],
  ['service-ports', 'HTTP: 80'],
  ['service-ports', 'a: 80\nb: 80:9009'],
])('%s may not be %j', (option, value) => {
  expect(parse({ [option]: value })).toMatchObject({ ok: false, problems: [{ option }] });
});

describe('what is decided', () => {
  test('is nothing where the options leave all to Juju', () => {
    expect(patches({ 'pod-anti-affinity': 'none', 'termination-grace-period': '30s' })).toEqual([
      { kind: 'ServiceAccount', metadata: { name: 'mimir-k8s' } },
      { kind: 'Service', metadata: { name: 'mimir-k8s' } },
      { kind: 'StatefulSet', metadata: { name: 'mimir-k8s' } },
    ]);
  });

  test('is a node of its own for each unit, where that is required', () => {
    expect(patches({ 'pod-anti-affinity': 'required', 'termination-grace-period': '30s' })).toContainEqual({
      kind: 'StatefulSet',
      metadata: { name: 'mimir-k8s' },
      spec: {
        template: {
          spec: {
            readinessGates: [{ conditionType: 'mimir-k8s.charm/applied' }],
            containers: [{ name: 'mimir', readinessProbe: { initialDelaySeconds: 30 } }],
            affinity: {
              podAntiAffinity: {
                preferredDuringSchedulingIgnoredDuringExecution: [
                  {
                    podAffinityTerm: {
                      labelSelector: { matchLabels: { 'app.kubernetes.io/name': 'mimir-k8s' } },
                      topologyKey: 'topology.kubernetes.io/zone',
                    },
                    weight: 50,
                  },
                ],
                requiredDuringSchedulingIgnoredDuringExecution: [
                  {
                    labelSelector: { matchLabels: { 'app.kubernetes.io/name': 'mimir-k8s' } },
                    topologyKey: 'kubernetes.io/hostname',
                  },
                ],
              },
            },
          },
        },
      },
    });
  });

  test('changes the pods with the annotations of their service account, and not with their order', () => {
    const [one, other, same] = ['a: 1\nb: 2', 'a: 1\nb: 3', 'b: 2\na: 1'].map((text) =>
      JSON.stringify(patches({ 'service-account-annotations': text })),
    );
    expect(one).not.toBe(other);
    expect(one).toBe(same);
  });
});
