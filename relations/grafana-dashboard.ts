/** Interface `grafana_dashboard`, provider: dashboards that Grafana shows while the relation lasts. */
import { createHash } from 'node:crypto';
import { type Bag, parseJson, stableJson } from 'charmwright';
import * as z from 'zod/mini';
import type { JujuTopology } from './juju-topology.ts';

const template = z.object({
  charm: z.string(),
  /** base64 of an XZ stream of the dashboard's JSON. What is not XZ makes Grafana drop all of the relation's. */
  content: z.string(),
  /** Used when a dashboard has no `uid`. */
  dashboard_alt_uid: z.string(),
  inject_dropdowns: z.boolean(),
  /** Each key becomes a matcher of a variable in every query; the values are not used. */
  juju_topology: z.record(z.string(), z.string()),
});

/** Our application's databag, in its one key. */
export const dashboardsSchema = z.object({ templates: z.record(z.string(), template), uuid: z.string() });

export type DashboardTemplate = z.output<typeof template>;

export interface EncodedDashboard {
  /** Of its file, without ending. */
  readonly name: string;
  readonly content: string;
}

export function grafanaDashboardApp(
  dashboards: readonly EncodedDashboard[],
  topology: JujuTopology,
  unit: string,
): Bag {
  const { charm } = topology;
  const entries = dashboards.map(({ name, content }): readonly [string, DashboardTemplate] => {
    const id = `file:${name}`;
    return [id, { ...words(charm, id), content, juju_topology: topologyOf(topology, unit) }];
  });
  const templates = Object.fromEntries(entries);
  return { dashboards: stableJson({ templates, uuid: digest('shake128', 8, stableJson(templates)) }) };
}

function words(charm: string, id: string): Omit<DashboardTemplate, 'content' | 'juju_topology'> {
  return { charm, dashboard_alt_uid: digest('shake256', 8, `${charm}-${id}`), inject_dropdowns: true };
}

function topologyOf({ model, modelUuid, application }: JujuTopology, unit: string) {
  return { model, model_uuid: modelUuid, application, unit };
}

/** As the library of Canonical's charms makes its ids: equal for equal data, so that nobody is woken for nothing. */
function digest(algorithm: 'shake128' | 'shake256', outputLength: number, text: string): string {
  return createHash(algorithm, { outputLength }).update(text).digest('hex');
}

const event = z.object({
  errors: z.array(z.object({ dashboard_id: z.catch(z.string(), ''), error: z.catch(z.string(), '') })),
});

/** What Grafana could not use, in words; empty for whatever else it says. */
export function readDashboardErrors(grafanaApp: Bag): readonly string[] {
  const parsed = event.safeParse(parseJson(grafanaApp.event ?? ''));
  if (!parsed.success) return [];
  return parsed.data.errors.map(
    ({ dashboard_id: id, error }) => `${id || 'a dashboard'}: ${error || 'refused'}`,
  );
}
