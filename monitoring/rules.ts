/** Our own alert and recording rules, from templates/, as they stand there and as they are published. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { withMatchers } from '../relations/promql.ts';

const TEMPLATES = join(import.meta.dirname, '..', 'templates');

const duration = z.string().regex(/^\d+[smhd]$/);
const alertingRule = z.strictObject({
  alert: z.string(),
  expr: z.string(),
  for: duration.optional(),
  labels: z.strictObject({ severity: z.enum(['warning', 'critical']) }),
  annotations: z.strictObject({ summary: z.string(), description: z.string(), runbook: z.string() }),
});
const recordingRule = z.strictObject({ record: z.string(), expr: z.string() });
const fileShape = z.strictObject({
  groups: z.array(
    z.strictObject({ name: z.string(), rules: z.array(z.union([alertingRule, recordingRule])) }),
  ),
});

/** LogQL has no grammar here, so each selector says where its matchers belong. */
const LOG_PLACE = '%%juju_topology%%';
const logRule = alertingRule.extend({
  expr: z.string().refine((expr) => expr.includes(`{${LOG_PLACE}}`), `must have {${LOG_PLACE}}`),
});
const logFileShape = z.strictObject({
  groups: z.array(z.strictObject({ name: z.string(), rules: z.array(logRule) })),
});

export type AlertingRule = z.output<typeof alertingRule>;
export type RecordingRule = z.output<typeof recordingRule>;
export type OwnGroup = z.output<typeof fileShape>['groups'][number];
export type LogGroup = z.output<typeof logFileShape>['groups'][number];

/** Recording rules come first: alerts look at what they record. A group is told apart by its kind, too. */
export async function ownGroups(): Promise<readonly OwnGroup[]> {
  const kinds = await Promise.all(
    ['rules', 'alerts'].map(async (kind) =>
      (await groupsOf(kind)).map((group) => ({ ...group, name: `${group.name}-${kind}` })),
    ),
  );
  return kinds.flat();
}

async function groupsOf(kind: string): Promise<readonly OwnGroup[]> {
  return (await filesOf(kind)).flatMap((content) => fileShape.parse(content).groups);
}

/** Our rules about logs. */
export async function logGroups(): Promise<readonly LogGroup[]> {
  return (await filesOf('log-alerts')).flatMap((content) => logFileShape.parse(content).groups);
}

async function filesOf(kind: string): Promise<readonly unknown[]> {
  const names = (await readdir(join(TEMPLATES, kind))).toSorted();
  const texts = await Promise.all(names.map((name) => readFile(join(TEMPLATES, kind, name), 'utf8')));
  return texts.map((text) => parse(text));
}

/** The topology in a selector, as the charm fills it in. The three are JSON texts without their quotes. */
const PLACES = ['model', 'model_uuid', 'application'].map(
  (key) => ({ label: `juju_${key}`, op: '=', value: `%%${key}%%` }) as const,
);

/** With those places in each selector, so that the charm needs no grammar of PromQL to put the topology there. */
export function withPlaces(groups: readonly OwnGroup[]): readonly OwnGroup[] {
  return groups.map((group) => ({
    ...group,
    rules: group.rules.map((rule) => ({ ...rule, expr: withMatchers(rule.expr, PLACES) })),
  }));
}

/** The same for logs. */
export function withLogPlaces(groups: readonly LogGroup[]): readonly LogGroup[] {
  const places = PLACES.map(({ label, op, value }) => `${label}${op}"${value}"`).join(', ');
  return groups.map((group) => ({
    ...group,
    rules: group.rules.map((rule) => ({ ...rule, expr: rule.expr.replaceAll(LOG_PLACE, places) })),
  }));
}
