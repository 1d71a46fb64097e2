/** A TypeScript file, parsed: its declarations, and what it exports from others. */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Directive, type Node, parseSync, type Statement } from 'oxc-parser';
import { ROOT } from '../markdown.ts';
import { type Docstring, parseDocstring } from './docstring.ts';

export interface Source {
  /** Path from the repository's root. */
  readonly file: string;
  readonly text: string;
  readonly body: readonly (Statement | Directive)[];
  /** The docstring that ends where this node begins. */
  readonly docOf: (node: Place) => Docstring | undefined;
  /** The same as it stands there, or nothing. */
  readonly commentOf: (node: Place) => string;
}

interface Place {
  readonly start: number;
}

const parsed = new Map<string, Promise<Source>>();

export function source(file: string): Promise<Source> {
  const known = parsed.get(file);
  if (known !== undefined) return known;
  const reading = readFile(join(ROOT, file), 'utf8').then((text) => parse(file, text));
  parsed.set(file, reading);
  return reading;
}

export function parse(file: string, text: string): Source {
  const { program, comments } = parseSync(file, text);
  const above = ({ start }: Place) => {
    const comment = comments.findLast(({ end }) => end <= start);
    const isDoc = comment?.type === 'Block' && comment.value.startsWith('*');
    return isDoc && text.slice(comment.end, start).trim() === '' ? comment : undefined;
  };
  return {
    file,
    text,
    body: program.body,
    docOf: (node) => {
      const comment = above(node);
      return comment === undefined ? undefined : parseDocstring(comment.value.slice(1));
    },
    commentOf: (node) => {
      const comment = above(node);
      return comment === undefined ? '' : dedented(text, comment.start, comment.end);
    },
  };
}

/** A piece of text as if its first line had no indent. */
export function dedented(text: string, start: number, end: number): string {
  const lineStart = text.lastIndexOf('\n', start - 1) + 1;
  const indent = /^\s*/.exec(text.slice(lineStart, start))?.[0] ?? '';
  return text.slice(start, end).replaceAll(`\n${indent}`, '\n');
}

/** A name that an entry exports, and where it is declared: several times when it is overloaded. */
export interface Found {
  readonly name: string;
  readonly source: Source;
  /** The statements, with `export` in front. */
  readonly statements: readonly Statement[];
}

/** All names that a file exports, with those it passes on, in their order. */
export async function exportsOf(file: string): Promise<readonly Found[]> {
  const it = await source(file);
  const found: Found[] = [];
  for (const statement of it.body) {
    if (statement.type === 'ExportAllDeclaration') {
      const others = await exportsOf(relative(file, statement.source.value));
      found.push(...others.filter(({ name }) => !found.some((it) => it.name === name)));
    } else if (statement.type === 'ExportNamedDeclaration') {
      if (statement.source !== null) {
        const others = await exportsOf(relative(file, statement.source.value));
        for (const { local, exported } of statement.specifiers) {
          const other = others.find(({ name }) => name === nameOf(local));
          if (other === undefined) throw new Error(`${file}: cannot find ${nameOf(local)}`);
          const name = nameOf(exported);
          if (!found.some((it) => it.name === name)) found.push({ ...other, name });
        }
      } else if (statement.declaration !== null) {
        for (const name of declaredBy(statement.declaration)) add(found, name, it, statement);
      } else if (statement.specifiers.length > 0) {
        throw new Error(`${file}: export a name where it is declared, or with "from"`);
      }
    }
  }
  return found;
}

function add(found: Found[], name: string, source: Source, statement: Statement): void {
  const index = found.findIndex((it) => it.name === name && it.source === source);
  const before = found[index];
  if (before === undefined) found.push({ name, source, statements: [statement] });
  else found[index] = { ...before, statements: [...before.statements, statement] };
}

function declaredBy(node: Node): string[] {
  if (node.type === 'VariableDeclaration') {
    return node.declarations.flatMap(({ id }) => (id.type === 'Identifier' ? [id.name] : []));
  }
  return 'id' in node && node.id?.type === 'Identifier' ? [node.id.name] : [];
}

function nameOf(node: Node): string {
  if (node.type === 'Identifier') return node.name;
  return node.type === 'Literal' ? String(node.value) : '';
}

function relative(from: string, specifier: string): string {
  return join(dirname(from), specifier);
}
