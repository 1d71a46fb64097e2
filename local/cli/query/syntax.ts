/** The query language of `wait-for`: text -> tree. */
import { UsageError } from '../errors.ts';

export type Expression =
  | { readonly kind: 'literal'; readonly value: string | number | boolean }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'field'; readonly of: Expression; readonly name: string }
  | { readonly kind: 'index'; readonly of: Expression; readonly key: Expression }
  | { readonly kind: 'not'; readonly value: Expression }
  | {
      readonly kind: 'binary';
      readonly operator: Operator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] }
  | { readonly kind: 'lambda'; readonly parameter: string; readonly body: Expression };

export type Operator = '||' | '&&' | '==' | '!=' | '<' | '<=' | '>' | '>=';

interface Token {
  readonly kind: 'name' | 'string' | 'number' | 'symbol' | 'end';
  readonly text: string;
  readonly at: number;
}

// Names may hold dashes (`workload-status`); there is no subtraction.
const tokenPattern =
  /\s*(?:(?<name>[A-Za-z_][A-Za-z0-9_-]*)|(?<number>-?\d+(?:\.\d+)?)|(?<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?<symbol>=>|\|\||&&|==|!=|<=|>=|[<>!().,[\]]))/y;

/** Throws UsageError that says where the query goes wrong. */
export function parseQuery(query: string): Expression {
  const parser = new Parser(tokenize(query), query);
  const expression = parser.either();
  parser.expect('end');
  return expression;
}

function tokenize(query: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (query.slice(at).trim() !== '') {
    tokenPattern.lastIndex = at;
    const groups = tokenPattern.exec(query)?.groups;
    const kind = (['name', 'number', 'string', 'symbol'] as const).find((one) => groups?.[one] !== undefined);
    const text = kind === undefined ? undefined : groups?.[kind];
    if (kind === undefined || text === undefined) throw wrong(query, at);
    tokens.push({ kind, text, at });
    at = tokenPattern.lastIndex;
  }
  return [...tokens, { kind: 'end', text: 'end of the query', at: query.length }];
}

function wrong(query: string, at: number, expected = ''): UsageError {
  const rest = query.slice(at).trim();
  const place = rest === '' ? 'at its end' : `at "${rest}"`;
  return new UsageError(`cannot read query "${query}" ${place}${expected && `: expected ${expected}`}`);
}

/** Recursive descent, one method for each strength of binding. */
class Parser {
  readonly #tokens: readonly Token[];
  readonly #query: string;
  #next = 0;

  constructor(tokens: readonly Token[], query: string) {
    this.#tokens = tokens;
    this.#query = query;
  }

  either(): Expression {
    let left = this.#both();
    while (this.#take('||')) left = { kind: 'binary', operator: '||', left, right: this.#both() };
    return left;
  }

  expect(text: string): Token {
    const token = this.#peek();
    if (token.text !== text && token.kind !== text) throw wrong(this.#query, token.at, text);
    this.#next += 1;
    return token;
  }

  #both(): Expression {
    let left = this.#comparison();
    while (this.#take('&&')) left = { kind: 'binary', operator: '&&', left, right: this.#comparison() };
    return left;
  }

  #comparison(): Expression {
    const left = this.#unary();
    const operator = (['==', '!=', '<=', '>=', '<', '>'] as const).find((symbol) => this.#take(symbol));
    return operator === undefined ? left : { kind: 'binary', operator, left, right: this.#unary() };
  }

  #unary(): Expression {
    return this.#take('!') ? { kind: 'not', value: this.#unary() } : this.#postfix();
  }

  #postfix(): Expression {
    let value = this.#primary();
    for (;;) {
      if (this.#take('.')) {
        value = { kind: 'field', of: value, name: this.expect('name').text };
      } else if (this.#take('[')) {
        value = { kind: 'index', of: value, key: this.either() };
        this.expect(']');
      } else {
        return value;
      }
    }
  }

  #primary(): Expression {
    const token = this.#peek();
    if (this.#take('(')) {
      const inner = this.either();
      this.expect(')');
      return inner;
    }
    this.#next += 1;
    switch (token.kind) {
      case 'string':
        return { kind: 'literal', value: token.text.slice(1, -1).replace(/\\(.)/g, '$1') };
      case 'number':
        return { kind: 'literal', value: Number(token.text) };
      case 'name':
        return this.#named(token.text);
      case 'symbol':
      case 'end':
        throw wrong(this.#query, token.at, 'a value');
    }
  }

  #named(name: string): Expression {
    if (name === 'true' || name === 'false') return { kind: 'literal', value: name === 'true' };
    if (this.#take('=>')) return { kind: 'lambda', parameter: name, body: this.either() };
    if (!this.#take('(')) return { kind: 'name', name };
    const args: Expression[] = [];
    while (!this.#take(')')) {
      if (args.length > 0) this.expect(',');
      args.push(this.either());
    }
    return { kind: 'call', name, args };
  }

  #peek(): Token {
    return this.#tokens[this.#next] ?? { kind: 'end', text: '', at: this.#query.length };
  }

  #take(symbol: string): boolean {
    const token = this.#peek();
    if (token.kind !== 'symbol' || token.text !== symbol) return false;
    this.#next += 1;
    return true;
  }
}
