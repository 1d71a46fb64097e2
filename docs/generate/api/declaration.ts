/** What a reader wants to know of one exported name: its signature, its members, its docstring. */
import type { Class, Node, TSInterfaceDeclaration } from 'oxc-parser';
import type { Docstring } from './docstring.ts';
import { dedented, type Found, type Source } from './source.ts';

export type Kind = 'function' | 'class' | 'error' | 'interface' | 'type' | 'constant';

export interface Member {
  readonly name: string;
  readonly signature: string;
  readonly doc: Docstring | undefined;
  /** A field; anything else is called. */
  readonly isField: boolean;
  /** As it stands in the source, with its docstring. */
  readonly source: string;
}

export interface Declaration {
  readonly name: string;
  readonly kind: Kind;
  readonly file: string;
  readonly signature: string;
  readonly doc: Docstring | undefined;
  /** Of classes, and of interfaces that have methods; others are shown whole, as signature. */
  readonly members: readonly Member[];
  /** Names of the interfaces that a class implements. */
  readonly implements: readonly string[];
}

export function describe({ name, source, statements }: Found): Declaration {
  const [first] = statements;
  if (first?.type !== 'ExportNamedDeclaration' || first.declaration === null) {
    throw new Error(`${source.file}: ${name} is not declared as expected`);
  }
  const base = { name, file: source.file, doc: docOf(source, statements), members: [], implements: [] };
  const node = first.declaration;
  switch (node.type) {
    case 'ClassDeclaration': {
      const kind = name.endsWith('Error') || superName(node).endsWith('Error') ? 'error' : 'class';
      return {
        ...base,
        kind,
        signature: upTo(source, node, node.body).replace(/^abstract /, ''),
        members: membersOfClass(source, node, kind),
        implements: (node.implements ?? []).flatMap(({ expression }) =>
          expression.type === 'Identifier' ? [expression.name] : [],
        ),
      };
    }
    case 'TSInterfaceDeclaration': {
      if (!hasMethods(node)) return { ...base, kind: 'interface', signature: slice(source, node) };
      const members = membersOfInterface(source, node);
      return { ...base, kind: 'interface', signature: upTo(source, node, node.body), members };
    }
    case 'TSTypeAliasDeclaration':
      return { ...base, kind: 'type', signature: slice(source, node) };
    case 'VariableDeclaration':
      return { ...base, kind: 'constant', signature: constant(source, node, name) };
    default:
      return { ...base, kind: 'function', signature: overloads(source, statements) };
  }
}

function docOf(source: Source, statements: Found['statements']): Docstring | undefined {
  return statements.map((it) => source.docOf(it)).find((doc) => doc !== undefined);
}

function superName(node: Class): string {
  return node.superClass?.type === 'Identifier' ? node.superClass.name : '';
}

function overloads(source: Source, statements: Found['statements']): string {
  const nodes = statements.flatMap((it) =>
    it.type === 'ExportNamedDeclaration' && it.declaration !== null ? [it.declaration] : [],
  );
  const declared = nodes.filter(({ type }) => type === 'TSDeclareFunction');
  return (declared.length > 0 ? declared : nodes)
    .map((node) =>
      'body' in node && node.body !== null ? upTo(source, node, node.body) : slice(source, node),
    )
    .map((text) => text.replace(/^async /, '').replace(/;$/, ''))
    .join('\n');
}

/** The longest constant that is shown with its value. */
const SHOWN_LINES = 20;

function constant(
  source: Source,
  node: Extract<Node, { type: 'VariableDeclaration' }>,
  name: string,
): string {
  const it = node.declarations.find(({ id }) => id.type === 'Identifier' && id.name === name);
  if (it === undefined) return `const ${name}`;
  const head = `const ${source.text.slice(it.id.start, it.id.end)}`;
  const whole = `const ${source.text.slice(it.start, it.end)}`;
  if (it.id.type === 'Identifier' && it.id.typeAnnotation != null) return head;
  return whole.split('\n').length <= SHOWN_LINES ? whole : head;
}

function membersOfClass(source: Source, node: Class, kind: Kind): Member[] {
  return node.body.body.flatMap((member): Member[] => {
    if (member.type !== 'MethodDefinition' && member.type !== 'PropertyDefinition') return [];
    const isHidden = member.accessibility === 'private' || member.accessibility === 'protected';
    if (isHidden || member.key.type !== 'Identifier') return [];
    const { name } = member.key;
    // An error is caught, not made: its name and how it is made are of no use to a reader.
    if (kind === 'error' && (name === 'name' || name === 'constructor')) return [];
    const end = member.type === 'MethodDefinition' ? member.value.body : member.value;
    const signature = (end === null ? slice(source, member) : upTo(source, member, end))
      .replace(/^(async|override|public) /, '')
      .replace(/^get (\w+)\(\)/, 'readonly $1')
      .replace(/\s*=$/, '')
      .replace(/;$/, '')
      .replace(/^constructor\(/, `new ${node.id?.name ?? ''}(`);
    const isField = member.type !== 'MethodDefinition' || member.kind === 'get';
    return toMember(source, member, name, signature, isField);
  });
}

/** Nothing, when the docstring says that it is only for the framework itself. */
function toMember(source: Source, node: Node, name: string, signature: string, isField: boolean): Member[] {
  const doc = source.docOf(node);
  if (doc?.isInternal === true) return [];
  const comment = source.commentOf(node);
  return [{ name, signature, doc, isField, source: `${comment === '' ? '' : `${comment}\n`}${signature};` }];
}

function hasMethods(node: TSInterfaceDeclaration): boolean {
  return node.body.body.some(({ type }) => type === 'TSMethodSignature');
}

function membersOfInterface(source: Source, node: TSInterfaceDeclaration): Member[] {
  return node.body.body.flatMap((member): Member[] => {
    if (member.type !== 'TSMethodSignature' && member.type !== 'TSPropertySignature') return [];
    if (member.key.type !== 'Identifier') return [];
    const signature = slice(source, member).replace(/;$/, '');
    return toMember(source, member, member.key.name, signature, member.type === 'TSPropertySignature');
  });
}

function slice(source: Source, node: Node): string {
  return dedented(source.text, node.start, node.end);
}

/** A declaration without its body. */
function upTo(source: Source, node: Node, body: Node): string {
  return dedented(source.text, node.start, body.start).trimEnd();
}
