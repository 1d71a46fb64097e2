import { expect, test } from 'vitest';
import { holds } from '../../../local/cli/query/evaluate.ts';
import { applicationScope, modelScope, unitScope } from '../../../local/cli/query/scopes.ts';
import { parseQuery } from '../../../local/cli/query/syntax.ts';
import { application, demo, unit } from './model-status.ts';

const scope = applicationScope('mimir-k8s', demo.applications['mimir-k8s'] ?? application());
const ask = (query: string) => holds(parseQuery(query), scope);

test.each([
  ['status=="blocked"', true],
  ["status == 'active'", false],
  ['life=="alive" && status=="active"', false],
  ['status=="active" || status=="blocked"', true],
  ['status=="active" || status=="blocked" && life=="dead"', false],
  ['(status=="active" || status=="blocked") && life=="alive"', true],
  ['!exposed', true],
  ['len(units) == 3 && len(units) > 2 && len(units) <= 3', true],
  ['forEach(units, unit => unit.life=="alive")', true],
  ['forEach(units, unit => unit.workload-status=="active")', false],
  ['forEach(units, u => u.workload-status=="active" || u.agent-status!="idle")', true],
  ['units["mimir-k8s/0"].leader', true],
  ['startsWith(workload-version, "3.") && endsWith(name, "-k8s")', true],
])('%s is %s of the blocked application', (query, expected) => {
  expect(ask(query)).toBe(expected);
});

test('a query about the model reaches applications and their units', () => {
  const query =
    'forEach(applications, app => len(app.units) > 0 && forEach(app.units, u => u.life=="alive"))';
  expect(holds(parseQuery(query), modelScope(demo))).toBe(true);
  expect(holds(parseQuery('len(units) == 4'), modelScope(demo))).toBe(true);
});

test('a query about a unit knows its message', () => {
  const waiting = unit({
    'workload-status': { current: 'waiting', message: 'for s3', since: '2025-11-19T10:00:00Z' },
  });
  const of = unitScope('app/0', waiting, 'app', application());
  expect(holds(parseQuery('workload-status=="waiting" && workload-message=="for s3"'), of)).toBe(true);
});

test.each([
  ['status=', 'cannot read query "status=" at "="'],
  ['status=="active" &&', 'cannot read query "status=="active" &&" at its end: expected a value'],
  ['(status=="active"', 'cannot read query "(status=="active"" at its end: expected )'],
  ['status "active"', 'cannot read query "status "active"" at ""active"": expected end'],
  ['state=="active"', 'invalid identifier "state" in the query: known are charm-url,'],
  ['status==1', 'both sides must be of one type'],
  ['status', 'the query must be true or false'],
  ['all(units)', 'no function "all" in the query: known are len, forEach'],
  ['forEach(units, 1)', 'forEach needs a function'],
])('the query %s is refused with its reason', (query, message) => {
  expect(() => ask(query)).toThrow(message);
});
