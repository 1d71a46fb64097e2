/** All dashboards, in the order in which one reads them. */
import type { Dashboard } from '../panels.ts';
import { alertmanager } from './alertmanager.ts';
import { compactor } from './compactor.ts';
import { ingesters } from './ingesters.ts';
import { overview } from './overview.ts';
import { reads } from './reads.ts';
import { ruler } from './ruler.ts';
import { tenants } from './tenants.ts';
import { writes } from './writes.ts';

export const DASHBOARDS: readonly Dashboard[] = [
  overview,
  writes,
  reads,
  ingesters,
  compactor,
  ruler,
  alertmanager,
  tenants,
];
