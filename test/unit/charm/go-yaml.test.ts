import { describe, expect, test } from 'vitest';
import { readGoYaml } from '../../../charm/go-yaml.ts';
import { readYaml } from '../../../charm/yaml-text.ts';

/** As Mimir printed it. */
const LISTING = `a:
    - name: "g\\0\\n6"
      rules:
        - alert: A
          expr: up
    - name: g7
      interval: 5m
      query_offset: 1m
      limit: 5
      rules:
        - record: a:b
          expr: |
            sum(
              up)
        - alert: 'it''s: here'
          expr: up{juju_model_uuid="20ce8299-3634-4bef-8bd8-5ace6c8816b4"} == 0
          labels:
            uuid: 20ce8299-3634-4bef-8bd8-5ace6c8816b4
            quoted: "1.5"
            "y": "yes"
          annotations:
            none: {}
            text: |-
              a

                b
            kept: |+
              c

            summary: '{{ $labels.instance }} is down'
      align_evaluation_time_on_interval: true
      source_tenants:
        - one
        - two: 3
receive-remote-write:5:agent:
    - name: ..
      rules: []
`;

describe("Go's YAML", () => {
  test('is read as the reader of all YAML reads it', () => {
    const read = readGoYaml(LISTING);
    expect(read).toBeDefined();
    expect(read?.value).toEqual(slowly(LISTING));
  });

  test('without rules is an empty map', () => {
    expect(readGoYaml('{}\n')).toEqual({ value: {} });
  });

  test.each([
    'a: [1, 2]',
    'a: {b: c}',
    'a: &x b',
    'a: *x',
    'a: !!binary AAAA',
    'a: >\n  folded',
    'a: |2\n    indented',
    'a: "one\n  two"',
    'a: 1.5',
    'a: 0x1f',
    'a: ~',
    'a: b # comment',
    'a: b: c',
    'a: - b',
    '? a\n: b',
    'a: "\\q"',
    "a: 'b' c",
    'a:\n    b: 1\n  c: 2',
    'a: 1\n    b: 2',
    'a: |\n      far\n    near',
    '- a\nb: c',
    '# nothing',
    '%YAML 1.2',
  ])('leaves to that reader what Go does not print so: %j', (text) => {
    expect(readGoYaml(text)).toBeUndefined();
  });

  test.each([
    '',
    'a:',
    'a:\n- b\n- c',
    '- - a\n  - b\n- c',
    'a: |\n    x\n\n\nb: c',
    'a: ""',
    '"a: b": c',
  ])('is read alike or not at all: %j', (text) => {
    const read = readGoYaml(text);
    if (read !== undefined) expect(read.value).toEqual(slowly(text));
  });
});

function slowly(text: string): unknown {
  const read = readYaml(text);
  return read.ok ? read.value : read.problem;
}
