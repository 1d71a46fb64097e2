/** What both kinds of data source in a Grafana have in common: who asks, and who must stand in for whom. */
import type { Relation } from 'charmwright';
import {
  type DataSource,
  grafanaSourceApp,
  grafanaSourceUnit,
  readGrafana,
} from '../../relations/grafana-source.ts';
import { grafanaStandIn } from '../plan/databags.ts';
import type { GrafanaRelation, Inputs, NeighbourProblem } from '../plan/inputs.ts';
import { DEFAULT_TENANT, senderTenant } from '../plan/tenant.ts';
import { type Publication, problemsOf } from './neighbour.ts';

/** Mimir without tenants does not look at it. */
const TENANT_HEADER = 'X-Scope-OrgID';

export async function observeGrafanas(
  relations: readonly Relation[],
): Promise<{ grafanas: readonly GrafanaRelation[]; problems: readonly NeighbourProblem[] }> {
  const read = await Promise.all(
    relations.map(async (relation) => {
      const { reply, problems } = readGrafana(await relation.remoteAppData());
      return {
        grafana: { id: relation.id, ...reply },
        problems: problemsOf(relation, problems),
      };
    }),
  );
  return {
    grafanas: read.map(({ grafana }) => grafana).toSorted((a, b) => a.id - b.id),
    problems: read.flatMap(({ problems }) => problems),
  };
}

export interface Wanted {
  readonly url: string;
  readonly type: string;
  /** Appended to the application's name: a Grafana tells data sources apart by it. */
  readonly suffix?: string;
  readonly jsonData: Readonly<Record<string, unknown>>;
}

/** A Grafana that does not read the application's address yet gets one unit's: one data source, whichever it reads. */
export function publishDataSource(
  inputs: Inputs,
  grafana: GrafanaRelation | undefined,
  { url, type, suffix = '', jsonData }: Wanted,
): Publication {
  const standsIn = grafanaStandIn(inputs) === inputs.unit && grafana?.appSource === undefined;
  const tenants = inputs.options.multitenancy;
  const source: DataSource = {
    model: inputs.model.name,
    model_uuid: inputs.model.uuid,
    application: `${inputs.app}${suffix}`,
    type,
    extra_fields: { ...jsonData, ...(tenants && { httpHeaderName1: TENANT_HEADER }) },
    secure_extra_fields: tenants ? { httpHeaderValue1: senderTenant(inputs.options) ?? DEFAULT_TENANT } : {},
  };
  return { unit: grafanaSourceUnit(standsIn ? url : undefined), app: grafanaSourceApp(source, url) };
}
