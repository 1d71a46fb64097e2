import type { ActionHandler, EndpointSchemas } from 'charmwright';
import type { Spec } from '../charm/generated.ts';
import { checkTenant, fitting, orFail, readyWith } from './mimir.ts';

export const showStats: ActionHandler<Spec, 'show-stats', EndpointSchemas<Spec>> = async ({
  juju,
  params: { tenant: only },
}) => {
  if (only !== undefined) await checkTenant(juju, only);
  const api = await readyWith(juju, 'distributor');
  const { stats, copies } = await orFail(async () => ({
    stats: (await api.tenantStats()).filter(({ tenant }) => only === undefined || tenant === only),
    // Each ingester counts its own copies of the series.
    copies: await api.replicationFactor(),
  }));
  const tenants = stats.map(({ tenant, seriesCopies, ingestionRate }) => ({
    tenant,
    series: Math.round(seriesCopies / copies),
    'samples-per-second': round(ingestionRate),
  }));
  return {
    tenants: fitting(
      JSON.stringify(tenants),
      'ask for one: tenant=NAME, or read it over HTTP: GET /distributor/all_user_stats',
    ),
    'tenant-count': tenants.length,
    series: tenants.reduce((sum, { series }) => sum + series, 0),
    'samples-per-second': round(stats.reduce((sum, { ingestionRate }) => sum + ingestionRate, 0)),
  };
};

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
