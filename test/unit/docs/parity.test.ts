/** The list of what ops has: each row is shown by a test, or has no meaning here, and no test names another row. */
import { expect, test } from 'vitest';
import { marksIn } from '../../../docs/generate/marked-tests.ts';
import { joined, readParity } from '../../../docs/generate/parity.ts';

const rows = [
  { row: 1, feature: 'one', here: 'uno' },
  { row: 2, feature: 'two', here: null },
  { row: 3, feature: 'three', none: 'There are only two.' },
];
const files = [{ name: '01.yaml', section: 'Numbers', rows }];

test('rows and tests agree', async () => {
  const { sections, problems } = await readParity();
  expect(sections).toHaveLength(15);
  expect(problems).toEqual([]);
});

test('every numbered row of ops is there once, in order', async () => {
  const { sections } = await readParity();
  const numbered = sections.flatMap(({ rows }) => rows.map(({ id }) => id)).filter((id) => !id.includes('.'));
  expect(numbered).toEqual(Array.from({ length: 242 }, (_, index) => String(index + 1)));
});

test('a test is found by the comment above it, however it is written', () => {
  const text = `
// ops: 1
test('plain', () => {});
describe('outer', () => {
  // ops: 1, 2
  it.skipIf(old)(
    'skipped', () => {});
  // ops: 15.3
  test.each([[1, 2]])('of $x', () => {});
});
const cases = [
  // ops: 3
  { name: 'a case', run() {} },
  // ops: 4
  ['a row', 1],
];
const more = {
  // ops: 5
  'by its key': () => {},
};
`;
  const { tests, problems } = marksIn('test/x.test.ts', text);
  expect(problems).toEqual([]);
  expect(tests.map(({ title, line, rows }) => `${line} ${title}: ${rows.join(' ')}`)).toEqual([
    '3 plain: 1',
    '6 outer: skipped: 1 2',
    '9 outer: of $x: 15.3',
    '13 a case: 3',
    '15 a row: 4',
    '19 by its key: 5',
  ]);
});

test('a comment above no test, or with something else than numbers, is told', () => {
  const { tests, problems } = marksIn(
    'test/x.test.ts',
    "// ops: 1\nconst a = 1;\n// ops: two\ntest('b', f);\n",
  );
  expect(tests).toEqual([]);
  expect(problems).toEqual([
    'test/x.test.ts:1: no test stands below "// ops: 1"',
    'test/x.test.ts:3: "// ops: two" must be numbers of rows, with commas between them',
  ]);
});

test.each([
  ['9', 'test/x.test.ts: "it works" shows row 9, which does not exist'],
  ['2', 'row 2 is shown by "it works" (test/x.test.ts), but says nothing under "here"'],
  ['3', 'row 3 is shown by "it works" (test/x.test.ts), but says nothing under "here"'],
])('a test that shows row %s is told what is wrong', (row, problem) => {
  const it = { file: 'test/x.test.ts', title: 'it works', line: 1, rows: [row] };
  expect(joined(files, [it], []).problems).toEqual([problem]);
});
