import { expect, test } from 'vitest';
import { formatPorts } from '../../../local/cli/format/ports.ts';
import { layOut, naturalOrder, paint } from '../../../local/cli/format/table.ts';

const plain = { color: false };

test('each column is as wide as its widest cell and two spaces', () => {
  const rows = [
    ['A', 'Bee', 'C'],
    ['long', 'b', 'message'],
  ];
  expect(layOut(rows, plain)).toBe('A     Bee  C\nlong  b    message\n');
});

test('the last cell widens no column', () => {
  const rows = [
    ['a', 'a very long last cell'],
    ['a', 'b', 'c'],
  ];
  expect(layOut(rows, plain)).toBe('a  a very long last cell\na  b  c\n');
});

test('numbers may stand at the right', () => {
  expect(
    layOut(
      [
        ['Scale', 'x'],
        ['1', 'x'],
        ['1/12', 'x'],
      ],
      { color: false, right: [0] },
    ),
  ).toBe('Scale  x\n    1  x\n 1/12  x\n');
});

test('no line ends in spaces, and an empty cell keeps its place', () => {
  expect(
    layOut(
      [
        ['a', 'b', 'c'],
        ['a', '', 'c'],
        ['a', '', ''],
      ],
      plain,
    ),
  ).toBe('a  b  c\na     c\na\n');
});

test('colours do not count as width', () => {
  const rows = [
    [paint('red', 'error'), 'x'],
    ['ok', 'x'],
  ];
  expect(layOut(rows, { color: true })).toBe('\x1b[31merror\x1b[39m  x\nok     x\n');
});

test('unit 10 comes after unit 2', () => {
  expect(['a/10', 'b/1', 'a/2'].sort(naturalOrder)).toEqual(['a/2', 'a/10', 'b/1']);
});

test.each([
  [['9009/tcp'], '9009/tcp'],
  [['81/tcp', '53/udp', '80/tcp', '9009/tcp'], '80-81,9009/tcp 53/udp'],
  [['icmp', '80/tcp'], '80/tcp icmp'],
  [['8000-8005/tcp'], '8000-8005/tcp'],
  [[], ''],
])('the ports %j are shown as %s', (ports, text) => {
  expect(formatPorts(ports)).toBe(text);
});
