import { describe, expect, test } from 'vitest';
import { readListedYaml } from '../../../charm/listed-yaml.ts';
import { readYaml } from '../../../charm/yaml-text.ts';

/** As Mimir printed it. */
const LISTING = `a:
    - name: "g\\0\\n6"
      rules:
        - alert: A
          expr: up
    - name: g7
      interval: 5m
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
      source_tenants:
        - one
receive-remote-write:5:agent:
    - name: ..
      rules: []
`;

describe('a listing of rules', () => {
  test.each([LISTING, '{}\n'])('is read as the reader of people`s YAML reads it', (text) => {
    expect(readListedYaml(text)).toEqual(readYaml(text));
  });

  test.each(['a: [', 'a: *x', 'a: 1\n  b: 2'])('that is none is a problem in one line: %j', (text) => {
    expect(readListedYaml(text)).toMatchObject({ ok: false, problem: expect.not.stringContaining('\n') });
  });
});
