/** Rule groups as they are wanted, compared with what the ruler holds. */

import { isDeepStrictEqual } from 'node:util';
import { durationMs } from './durations.ts';
import type { StoredGroup } from './mimir-api.ts';
import { compareNames, compareTexts } from './text.ts';

/** What it takes to make a namespace what it shall be. Groups are in the order as wanted, removed ones by name. */
export interface RulesDiff<Group extends StoredGroup> {
  readonly added: readonly Group[];
  readonly changed: readonly { readonly before: StoredGroup; readonly after: Group }[];
  readonly removed: readonly StoredGroup[];
  readonly unchanged: readonly string[];
}

export function diffRules<Group extends StoredGroup>(
  wanted: readonly Group[],
  present: readonly StoredGroup[],
): RulesDiff<Group> {
  const before = new Map(present.map((stored) => [stored.name, stored]));
  const names = new Set(wanted.map(({ name }) => name));
  const kept = wanted.flatMap((after) => {
    const stored = before.get(after.name);
    return stored === undefined ? [] : [{ before: stored, after, same: isSame(stored, after) }];
  });
  return {
    added: wanted.filter(({ name }) => !before.has(name)),
    changed: kept.filter(({ same }) => !same).map(({ same: _, ...pair }) => pair),
    removed: present.filter(({ name }) => !names.has(name)).toSorted((a, b) => compareTexts(a.name, b.name)),
    unchanged: kept.filter(({ same }) => same).map(({ after }) => after.name),
  };
}

function isSame(a: StoredGroup, b: StoredGroup): boolean {
  return isDeepStrictEqual(canonicalGroup(a), canonicalGroup(b));
}

/** The same for groups that mean the same: no empty fields, durations in milliseconds, order of keys fixed. */
function canonicalGroup(value: StoredGroup): unknown {
  const { rules, ...rest } = value;
  return { ...canonical(rest), rules: Array.isArray(rules) ? rules.map(canonicalRule) : [] };
}

export function canonicalRule(value: unknown): unknown {
  return isRecord(value) ? canonical(value) : value;
}

const DURATIONS: ReadonlySet<string> = new Set([
  'interval',
  'query_offset',
  'evaluation_delay',
  'for',
  'keep_firing_for',
]);

function canonical(value: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const entries = Object.entries(value)
    .map(([key, inner]): [string, unknown] => {
      if (DURATIONS.has(key)) return [key, durationMs(String(inner)) ?? inner];
      if (isRecord(inner)) return [key, canonical(inner)];
      return [key, typeof inner === 'string' ? inner.trim() : inner];
    })
    .filter(([, inner]) => !isNothing(inner))
    .toSorted(compareNames);
  return Object.fromEntries(entries);
}

/** Values that Mimir leaves out when it prints a group. */
function isNothing(value: unknown): boolean {
  if (value === undefined || value === null || value === 0 || value === false) return true;
  return (Array.isArray(value) && value.length === 0) || (isRecord(value) && Object.keys(value).length === 0);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
