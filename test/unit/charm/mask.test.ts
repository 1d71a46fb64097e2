import { expect, test } from 'vitest';
import { maskYaml } from '../../../charm/mask.ts';

const SECRET = /pass|(^|_)url$/;

test('values of secret keys are masked, whatever lies below, and the rest is shown as it was', () => {
  const text =
    'global:\n  smtp_password: hush\nreceivers:\n  - name: ops\n    webhook_configs:\n      - url:\n          deep: hush\n';
  expect(maskYaml(text, SECRET)).toBe(
    'global:\n  smtp_password: "********"\nreceivers:\n  - name: ops\n    webhook_configs:\n      - url: "********"\n',
  );
});

test.each([
  ['a comment', '# smtp_password: hush\na: 1 # hush\n'],
  ['an anchor', 'x: &p {smtp_password: hush}\ny: *p\n'],
  ['a quoted key', '"smtp_password": hush\n'],
  ['a block of text', 'smtp_password: |\n  hush\n  hush\n'],
  ['what is not YAML', 'smtp_password: hush: [\n'],
  ['what is no map', '- hush\n'],
])('nothing slips through in %s', (_place, text) => expect(maskYaml(text, SECRET)).not.toContain('hush'));

test('an empty secret is shown to be empty', () =>
  expect(maskYaml('smtp_password: ""\n', SECRET)).toContain('""'));
