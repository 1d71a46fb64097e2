/** Finds the tests that say in a comment which rows of ops' features they show. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Node, parseSync, Visitor } from 'oxc-parser';
import { ROOT } from './markdown.ts';

/** A test, and the rows that it shows. */
export interface ShownBy {
  /** Path from the repository's root. */
  readonly file: string;
  /** With those of the groups around it. */
  readonly title: string;
  /** The line of the test, starting at 1. */
  readonly line: number;
  readonly rows: readonly string[];
}

interface Found {
  readonly tests: readonly ShownBy[];
  readonly problems: readonly string[];
}

/** All tests with an `// ops:` comment, in the order of files and lines. */
export async function markedTests(): Promise<Found> {
  const names = await readdir(join(ROOT, 'test'), { recursive: true });
  const files = names.filter((name) => name.endsWith('.ts') && !name.includes('node_modules')).toSorted();
  const found = await Promise.all(
    files.map(async (name) => marksIn(`test/${name}`, await readFile(join(ROOT, 'test', name), 'utf8'))),
  );
  return {
    tests: found.flatMap(({ tests }) => tests),
    problems: found.flatMap(({ problems }) => problems),
  };
}

/** The marked tests of one file's text. Pure. */
export function marksIn(file: string, text: string): Found {
  if (!/^\s*\/\/ ops:/m.test(text)) return { tests: [], problems: [] };
  const { program, comments } = parseSync(file, text);
  const titles = new Map<number, string>();
  const lineOf = lineFinder(text);
  const around: string[] = [];
  const note = (node: Node): void => {
    const title = titleOf(node, text);
    const line = lineOf(node.start);
    // The outermost node of a line comes first, and is the one meant.
    if (title !== undefined && !titles.has(line)) titles.set(line, [...around, title].join(': '));
    if (title !== undefined && isGroup(node)) around.push(title);
  };
  new Visitor({
    CallExpression: note,
    'CallExpression:exit': (node) => {
      if (isGroup(node) && titleOf(node, text) !== undefined) around.pop();
    },
    ObjectExpression: note,
    ArrayExpression: note,
    Property: note,
  }).visit(program);
  const tests: ShownBy[] = [];
  const problems: string[] = [];
  for (const { type, value, start } of comments) {
    if (type !== 'Line' || !/^ ops:/.test(value)) continue;
    const line = lineOf(start) + 1;
    const rows = value
      .replace(/^ ops:/, '')
      .split(',')
      .map((row) => row.trim());
    const title = titles.get(line);
    if (title === undefined) problems.push(`${file}:${line - 1}: no test stands below "//${value}"`);
    else if (!rows.every((row) => /^\d+(\.\d+)?$/.test(row))) {
      problems.push(`${file}:${line - 1}: "//${value}" must be numbers of rows, with commas between them`);
    } else tests.push({ file, title, line, rows });
  }
  return { tests, problems };
}

const TESTS = ['test', 'it', 'describe'];

function isGroup(node: Node): boolean {
  return node.type === 'CallExpression' && rootOf(node.callee) === 'describe';
}

/** A test's name: of `test('…')`, `describe.each(table)('…')`, `{ name: '…' }`, `['…', case]` or `'…': case`. */
function titleOf(node: Node, text: string): string | undefined {
  switch (node.type) {
    case 'CallExpression':
      return TESTS.includes(rootOf(node.callee)) ? textOf(node.arguments[0], text) : undefined;
    case 'ArrayExpression':
      return textOf(node.elements[0] ?? undefined, text);
    case 'Property':
      return node.key.type === 'Literal' ? textOf(node.key, text) : undefined;
    case 'ObjectExpression': {
      const name = node.properties.find(
        (it) => it.type === 'Property' && it.key.type === 'Identifier' && it.key.name === 'name',
      );
      return name?.type === 'Property' ? textOf(name.value, text) : undefined;
    }
    default:
      return undefined;
  }
}

/** The name that a call begins with: `test` of `test.skipIf(old).each(table)`. */
function rootOf(callee: Node): string {
  if (callee.type === 'Identifier') return callee.name;
  if (callee.type === 'MemberExpression') return rootOf(callee.object);
  return callee.type === 'CallExpression' ? rootOf(callee.callee) : '';
}

function textOf(node: Node | undefined, text: string): string | undefined {
  if (node?.type === 'Literal' && typeof node.value === 'string') return node.value;
  return node?.type === 'TemplateLiteral' ? text.slice(node.start + 1, node.end - 1) : undefined;
}

/** From an offset to its line, starting at 1. */
function lineFinder(text: string): (offset: number) => number {
  const starts = [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)];
  return (offset) => starts.findLastIndex((start) => start <= offset) + 1;
}
