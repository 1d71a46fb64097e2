/** What an ingester finds of its place in the ring. That Mimir takes it is seen in test/interop/mimir-ring-entry.test.ts. */
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { Inputs } from '../../../charm/plan/inputs.ts';
import { TOKENS_FILE } from '../../../charm/plan/paths.ts';
import { plan } from '../../../charm/plan/plan.ts';
import { COMPONENTS } from '../../../charm/plan/roles.ts';
import { inputs, s3Ready, withOptions } from '../../support/mimir-inputs.ts';

const shape = z.object({ tokens: z.array(z.number()) });

function file(changes: Partial<Inputs>) {
  const { workload } = plan(inputs(changes));
  if (workload.kind !== 'run') throw new TypeError(`nothing is run, but ${workload.kind}`);
  return workload.files.find(({ path }) => path === TOKENS_FILE);
}

function tokens(changes: Partial<Inputs>): readonly number[] {
  return shape.parse(JSON.parse(file(changes)?.content ?? '')).tokens;
}

test('an ingester begins with all its tokens, as Mimir would write them', () => {
  const found = tokens({});
  expect(new Set(found).size).toBe(128);
  expect(found).toEqual(found.toSorted((a, b) => a - b));
  expect(found.every((token) => Number.isInteger(token) && token >= 0 && token < 2 ** 32)).toBe(true);
});

test('they are spread over the whole ring', () => {
  const quarters = tokens({}).map((token) => Math.floor(token / 2 ** 30));
  for (const quarter of [0, 1, 2, 3])
    expect(quarters.filter((each) => each === quarter).length).toBeGreaterThan(16);
});

test('no two units have the same, and a unit that comes back has those that it had', () => {
  const units = Array.from({ length: 50 }, (_, i) => tokens({ unit: `mimir-k8s/${i}` }));
  expect(new Set(units.flat()).size).toBe(50 * 128);
  expect(tokens({ unit: 'mimir-k8s/7' })).toEqual(units[7]);
  const elsewhere = { model: { name: 'cos', uuid: '00000000-0000-4000-8000-000000000000' } };
  expect(tokens({ ...elsewhere, unit: 'mimir-k8s/7' })).not.toEqual(units[7]);
});

test('those that are there stay: the log of the ingester is for them', () => {
  expect(
    file({ container: { reachable: true, files: { [TOKENS_FILE]: '{"tokens":[1]}' } } }),
  ).toBeUndefined();
});

test('where there is no ingester there are none', () => {
  const members = [
    { relation: 'mimir-cluster:7', app: 'rest', roles: COMPONENTS, plannedUnits: 1, units: [] },
  ] as const;
  const reader = { objectStorage: s3Ready(), neighbours: { members }, agreement: { replicationFactor: 1 } };
  expect(file({ ...reader, ...withOptions({ roles: 'read' }) })).toBeUndefined();
  expect(file({ ...reader, ...withOptions({ roles: 'write' }) })).toBeDefined();
});
