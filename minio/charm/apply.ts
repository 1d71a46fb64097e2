/** Carries a plan out by difference. Safe to repeat, and to be killed anywhere. */
import { blocked, converge, type Status, waiting } from 'charmwright';
import { ConnectionError, PebbleError, TimeoutError } from 'charmwright/pebble';
import * as z from 'zod';
import type { Credentials } from '../../s3/sigv4.ts';
import { applyAccounts, withholdFromOthers } from './accounts.ts';
import type { MinioJuju } from './juju.ts';
import { MinioApi, MinioError, MinioUnreachableError } from './minio-api.ts';
import type { Plan, PlannedWorkload } from './plan/plan.ts';

/** MinIO needs about a second to start; a hook that waits for it saves the next one five minutes. */
const START_MS = 20_000;
const WELCOMED_KEY = 'welcomed';

export interface ApplyOptions {
  readonly root: Credentials | undefined;
  /** Relations whose accounts get a new secret key. */
  readonly renew?: ReadonlySet<number>;
}

/** @returns the error that kept things from being made as planned, which is also logged and shown as a status. */
export async function apply(
  juju: MinioJuju,
  planned: Plan,
  { root, renew = new Set() }: ApplyOptions,
): Promise<MinioError | PebbleError | undefined> {
  juju.addStatus(...planned.statuses);
  await juju.setPorts(planned.ports);
  if (planned.decisions !== undefined) await withholdFromOthers(juju, planned.decisions);
  try {
    const started = await applyWorkload(juju, planned.workload);
    if (root === undefined) return undefined;
    const api = minioApi(planned, root);
    if (started) await welcome(juju, api);
    if (planned.decisions !== undefined) await applyAccounts(juju, api, planned, planned.decisions, renew);
    return undefined;
  } catch (error) {
    if (!(error instanceof MinioError || error instanceof PebbleError)) throw error;
    juju.log.warn(error.message);
    juju.addStatus(troubleStatus(error));
    return error;
  }
}

/** MinIO as root, where this unit finds it. */
export function minioApi({ apiUrl, region }: Pick<Plan, 'apiUrl' | 'region'>, root: Credentials): MinioApi {
  return new MinioApi({ url: apiUrl, region, credentials: root });
}

/** @returns whether MinIO was started or restarted, or has not been welcomed since it was. */
async function applyWorkload(juju: MinioJuju, workload: PlannedWorkload): Promise<boolean> {
  if (workload.kind === 'leave') return false;
  const outcome = await converge(juju.container('minio'), workload.wanted);
  const welcomed = juju.stored(WELCOMED_KEY, z.string());
  // What is stored is committed only by a hook that comes to its end: one killed before the welcome does it again.
  juju.store(WELCOMED_KEY, outcome.kind === 'settled' ? outcome.digest : '');
  if (outcome.kind !== 'settled') throw outcome.error;
  const { started, restarted, digest } = outcome;
  return workload.kind === 'run' && (started.length + restarted.length > 0 || welcomed !== digest);
}

/** After a start: waits until MinIO is ready and shows which release it is. */
async function welcome(juju: MinioJuju, api: MinioApi): Promise<void> {
  if (!(await api.waitReady(START_MS))) throw new MinioUnreachableError('MinIO is not ready yet');
  await juju.setWorkloadVersion(await api.version());
}

function troubleStatus(error: MinioError | PebbleError): Status {
  if (error instanceof MinioUnreachableError) return waiting('[minio] waiting for MinIO to answer');
  if (error instanceof ConnectionError) return waiting('[minio] waiting for Pebble in the container');
  if (error instanceof TimeoutError) return waiting('[minio] waiting for MinIO to stop or start');
  if (error instanceof PebbleError) {
    return blocked('[minio] MinIO does not start: its last words are in juju debug-log');
  }
  return waiting(`[minio] ${error.message}; tried again at the next event`);
}
