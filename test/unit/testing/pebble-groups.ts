/** All shared cases, by what they are about; the numbers are rows of ops' features that each group shows. */
import { describe, test } from 'vitest';
import { ACCESS_CASES, ACTION_CASES, LAYER_TEXT_CASES, LOOKUP_CASES } from './pebble-api-cases.ts';
import type { PebbleCase } from './pebble-bed.ts';
import { FILE_CASES, LAYER_CASES, NOTICE_AND_CHECK_CASES, SERVICE_CASES } from './pebble-cases.ts';
import { TREE_CASES } from './pebble-tree-cases.ts';

/** Declares a test for each case; `withBed` gives it a container of its own. */
export function describeCases(withBed: (run: PebbleCase['run']) => Promise<void>): void {
  const all = (cases: readonly PebbleCase[]) =>
    test.each(cases.map(({ name, run }) => [name, run] as const))('%s', (_name, run) => withBed(run));

  // ops: 177, 178, 179, 180, 181, 182
  describe('files', () => all(FILE_CASES));

  // ops: 199, 200
  describe('whole directories', () => all(TREE_CASES));

  // ops: 174, 175, 206, 207
  describe('layers and the plan', () => all(LAYER_CASES));

  // ops: 174, 205
  describe('layers from text', () => all(LAYER_TEXT_CASES));

  // ops: 172, 176, 189, 204
  describe('services', () => all(SERVICE_CASES));

  // ops: 198, 201
  describe('lookups', () => all(LOOKUP_CASES));

  // ops: 171, 172, 173, 197
  describe('what acts on services and checks', () => all(ACTION_CASES));

  // ops: 190, 191, 192, 193, 203
  describe('checks, notices and changes', () => all(NOTICE_AND_CHECK_CASES));

  // ops: 170, 194, 195
  describe('identities, metrics and warnings', () => all(ACCESS_CASES));
}
