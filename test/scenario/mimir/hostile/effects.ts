/** What a hook has done, as the tests of hostile data look at it. */
import { findContainer, type Outcome } from 'charmwright/testing';
import { expect } from 'vitest';
import { parse } from 'yaml';
import { CONFIG_FILE } from '../../../../charm/plan/paths.ts';

/** All that leaves the charm: the workload's files and services, and every databag but those of `endpoint`. */
export function effect(outcome: Outcome, endpoint: string) {
  const { files, layers, services } = findContainer(outcome, 'mimir');
  return {
    files: Object.fromEntries(Object.entries(files).filter(([path]) => path.startsWith('/data/conf'))),
    layers,
    services,
    bags: outcome.relations
      .filter((each) => each.endpoint !== endpoint)
      .map(({ endpoint: name, localAppData, localUnitData }) => [name, localAppData, localUnitData]),
  };
}

export function told(outcome: Outcome): string {
  return [outcome.unitStatus.message, ...outcome.logs.map(({ message }) => message)].join('\n');
}

/** The keys of Mimir's configuration, at any depth: what an injected line would add to. */
export function configKeys(outcome: Outcome): readonly string[] {
  const text = findContainer(outcome, 'mimir').files[CONFIG_FILE];
  return text === undefined ? [] : keysOf(parse(String(text)), '');
}

/** What holds whatever was said. @param known the keys that Mimir's configuration may have. */
export function expectBorne(outcome: Outcome, known: ReadonlySet<string>, about: string): void {
  expect(outcome.error, about).toBeUndefined();
  expect(outcome.exitCode, about).toBe(0);
  expect(
    configKeys(outcome).filter((each) => !known.has(each)),
    about,
  ).toEqual([]);
  expect(told(outcome), about).not.toContain('the-password');
}

function keysOf(value: unknown, path: string): readonly string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [path];
  return Object.entries(value).flatMap(([key, inner]) => keysOf(inner, `${path}/${key}`));
}
