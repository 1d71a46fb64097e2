/** The query language of `wait-for`: tree and what it is about -> value. */
import { UsageError } from '../errors.ts';
import type { Expression, Operator } from './syntax.ts';

/** What a query may see: plain data. A scope is a map of names; a collection is a map of scopes. */
export type Value = string | number | boolean | Scope;
export interface Scope {
  readonly [name: string]: Value;
}

type Function_ = (args: readonly Expression[], scope: Scope) => Value;

/** Whether the query holds. Throws UsageError for a name that is not there or values that cannot be compared. */
export function holds(query: Expression, scope: Scope): boolean {
  const value = evaluate(query, scope);
  if (typeof value !== 'boolean')
    throw new UsageError('the query must be true or false, such as status=="active"');
  return value;
}

function evaluate(expression: Expression, scope: Scope): Value {
  switch (expression.kind) {
    case 'literal':
      return expression.value;
    case 'name':
      return lookUp(scope, expression.name);
    case 'field':
      return lookUp(scopeOf(evaluate(expression.of, scope), `.${expression.name}`), expression.name);
    case 'index':
      return lookUp(
        scopeOf(evaluate(expression.of, scope), '[...]'),
        String(evaluate(expression.key, scope)),
      );
    case 'not':
      return !truth(evaluate(expression.value, scope), '!');
    case 'binary':
      return binary(expression.operator, expression.left, expression.right, scope);
    case 'call':
      return call(expression.name, expression.args, scope);
    case 'lambda':
      throw new UsageError('a function (x => ...) can only be the second argument of forEach');
  }
}

function lookUp(scope: Scope, name: string): Value {
  const value = Object.hasOwn(scope, name) ? scope[name] : undefined;
  if (value === undefined) {
    throw new UsageError(
      `invalid identifier "${name}" in the query: known are ${Object.keys(scope).sort().join(', ')}`,
    );
  }
  return value;
}

function scopeOf(value: Value, use: string): Scope {
  if (typeof value !== 'object') throw new UsageError(`cannot use ${use} on "${value}" in the query`);
  return value;
}

function truth(value: Value, operator: string): boolean {
  if (typeof value !== 'boolean') throw new UsageError(`${operator} in the query needs true or false`);
  return value;
}

function binary(operator: Operator, left: Expression, right: Expression, scope: Scope): boolean {
  const a = evaluate(left, scope);
  // The right side is not looked at when the left decides, so that it may assume what the left has checked.
  if (operator === '&&') return truth(a, operator) && truth(evaluate(right, scope), operator);
  if (operator === '||') return truth(a, operator) || truth(evaluate(right, scope), operator);
  const b = evaluate(right, scope);
  if (typeof a === 'object' || typeof b === 'object' || typeof a !== typeof b) {
    throw new UsageError(`cannot compare with ${operator} in the query: both sides must be of one type`);
  }
  switch (operator) {
    case '==':
      return a === b;
    case '!=':
      return a !== b;
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    case '>':
      return a > b;
    case '>=':
      return a >= b;
  }
}

const functions: Readonly<Record<string, Function_>> = {
  len: ([of], scope) => {
    const value = evaluate(required(of, 'len'), scope);
    if (typeof value === 'object') return Object.keys(value).length;
    return String(value).length;
  },
  /** True of an empty collection too: guard it with len. */
  forEach: ([of, each], scope) => {
    const collection = scopeOf(evaluate(required(of, 'forEach'), scope), 'forEach');
    const lambda = required(each, 'forEach');
    if (lambda.kind !== 'lambda')
      throw new UsageError('forEach needs a function: forEach(units, unit => ...)');
    return Object.values(collection).every((item) =>
      truth(evaluate(lambda.body, { ...scope, [lambda.parameter]: item }), 'forEach'),
    );
  },
  startsWith: ([text, start], scope) =>
    String(evaluate(required(text, 'startsWith'), scope)).startsWith(
      String(evaluate(required(start, 'startsWith'), scope)),
    ),
  endsWith: ([text, end], scope) =>
    String(evaluate(required(text, 'endsWith'), scope)).endsWith(
      String(evaluate(required(end, 'endsWith'), scope)),
    ),
};

function call(name: string, args: readonly Expression[], scope: Scope): Value {
  const known = Object.hasOwn(functions, name) ? functions[name] : undefined;
  if (known === undefined) {
    throw new UsageError(
      `no function "${name}" in the query: known are ${Object.keys(functions).join(', ')}`,
    );
  }
  return known(args, scope);
}

function required(argument: Expression | undefined, name: string): Expression {
  if (argument === undefined) throw new UsageError(`${name} in the query needs more arguments`);
  return argument;
}
