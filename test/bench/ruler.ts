/** A real ruler on a real MinIO, and what the charm's rules sync does there. */
import type { RulerApi } from '../../charm/sender-rules/ruler.ts';
import { type Sent, syncSenderRules } from '../../charm/sender-rules/sync.ts';
import { MinioApi } from '../../minio/charm/minio-api.ts';
import { S3, s3Ready } from '../support/mimir-inputs.ts';
import { IMPATIENT, startMimir } from '../support/mimir-server.ts';
import { startMinio } from '../support/minio-server.ts';

const REGION = 'us-east-1';
const ROOT = { accessKey: 'root-of-the-bench', secretKey: 'secret-of-the-bench' };
/** While multitenancy is off. */
export const TENANT = 'anonymous';

/** @param work is given the URL of the Mimir that has the ruler. */
export async function withRuler<T>(host: string, work: (url: string) => Promise<T>): Promise<T> {
  const minio = await startMinio(ROOT, REGION);
  try {
    await new MinioApi({ url: minio.url, region: REGION, credentials: ROOT }).createBucket(S3.bucket);
    const objectStorage = s3Ready({ endpoint: new URL(minio.url).host, ...ROOT });
    const agreement = { replicationFactor: 1 };
    await using server = await startMimir(host, { objectStorage, agreement }, IMPATIENT);
    return await work(server.url);
  } finally {
    await minio.stop();
  }
}

/**
 * What the charm's step does once it has read the databags that changed.
 * @throws when a rule is not loaded.
 */
export async function syncAll(api: RulerApi, sent: readonly Sent[]): Promise<void> {
  for (const [key, result] of await syncSenderRules(api, TENANT, { sent, gone: [], everything: false }))
    if (result.kind !== 'loaded' || result.problems.length > 0)
      throw new Error(`${key}: ${JSON.stringify(result)}`);
}
