/** From what is to what should be, without touching anything. */
import { active, blocked, type Status, type Workload, waiting } from 'charmwright';
import { type Decision, decideAccounts } from './accounts.ts';
import { shown } from './bucket.ts';
import type { Inputs } from './inputs.ts';
import { API_PORT, CONSOLE_PORT, idleWorkload, minioWorkload } from './layer.ts';

export type PlannedWorkload =
  /** Leave the container as it is: it cannot be reached, or what the charm was told is wrong. */
  | { readonly kind: 'leave' }
  /** `idle`: another unit serves. */
  | { readonly kind: 'idle' | 'run'; readonly wanted: Workload };

export interface Plan {
  readonly workload: PlannedWorkload;
  /** The leader's business; undefined for other units, and when an option is wrong. */
  readonly decisions: readonly Decision[] | undefined;
  /** Where this unit finds MinIO. */
  readonly apiUrl: string;
  /** Where clients find it: the application's service. */
  readonly endpoint: string;
  readonly region: string;
  readonly ports: readonly number[];
  readonly statuses: readonly Status[];
}

const REGION = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/;

export function plan(inputs: Inputs): Plan {
  const { app, model, unitNumber, leader } = inputs;
  const { region } = inputs.options;
  const regionIsGood = REGION.test(region);
  const decisions = leader && regionIsGood ? decideAccounts(inputs) : undefined;
  return {
    workload: regionIsGood ? planWorkload(inputs) : { kind: 'leave' },
    decisions,
    apiUrl:
      unitNumber === 0
        ? `http://127.0.0.1:${API_PORT}`
        : `http://${app}-0.${app}-endpoints.${model}.svc.cluster.local:${API_PORT}`,
    endpoint: `http://${app}.${model}.svc.cluster.local:${API_PORT}`,
    region,
    ports: [API_PORT, CONSOLE_PORT],
    statuses: [
      ...(regionIsGood
        ? []
        : [blocked(`[config] region=${shown(region)}: must be lower-case letters, digits and hyphens`)]),
      ...(unitNumber === 0 ? [] : [idleStatus(app)]),
      ...(decisions ?? []).flatMap((decision) => (decision.kind === 'refuse' ? [decision.status] : [])),
      ...(inputs.reachable ? [] : [waiting('[minio] waiting for Pebble in the container')]),
      ...(inputs.root === undefined ? [waiting('[root] waiting for the leader to make credentials')] : []),
      active(),
    ],
  };
}

function planWorkload({ unitNumber, reachable, root, options }: Inputs): PlannedWorkload {
  if (!reachable) return { kind: 'leave' };
  if (unitNumber !== 0) return { kind: 'idle', wanted: idleWorkload };
  if (root === undefined) return { kind: 'leave' };
  return { kind: 'run', wanted: minioWorkload(options.region, root) };
}

function idleStatus(app: string): Status {
  return blocked(`MinIO runs on unit 0 only, this unit stores nothing: juju scale-application ${app} 1`);
}
