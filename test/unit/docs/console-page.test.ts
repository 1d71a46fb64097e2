import { expect, test } from 'vitest';
import { commandsIn, looksLike, shownFile } from '../../support/console-page.ts';

const PAGE = `
Look:

\`\`\`console
$ cat rule.yaml
name: a
rules: []
$ curl -s http://h/x
{"status":"ok","at":…}
\`\`\`

\`\`\`sh
not a command of the walk
\`\`\`

\`\`\`console
$ curl -X DELETE http://h/x
\`\`\`
`;

test('each command of a page comes with what the page says that it prints', () => {
  const commands = commandsIn(PAGE);
  expect(commands).toEqual([
    { command: 'cat rule.yaml', output: 'name: a\nrules: []' },
    { command: 'curl -s http://h/x', output: '{"status":"ok","at":…}' },
    { command: 'curl -X DELETE http://h/x', output: '' },
  ]);
  expect(commands.map(shownFile)).toEqual([
    { name: 'rule.yaml', content: 'name: a\nrules: []\n' },
    undefined,
    undefined,
  ]);
});

test('dots stand for anything, and for nothing else does anything stand', () => {
  expect(looksLike('{"at":[1]}\n', '{"at":…}')).toBe(true);
  expect(looksLike('{"at":[1]}\nmore', '{"at":…}')).toBe(false);
  expect(looksLike('{"at":1}', '{"at".1}')).toBe(false);
  expect(looksLike('', '')).toBe(true);
});
