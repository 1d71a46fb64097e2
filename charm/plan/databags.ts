/** What this unit, and the application when it leads, say to their peers and to object storage. */
import type { Agreement } from '../../relations/peers.ts';
import type { Inputs } from './inputs.ts';
import type { StorageDecision } from './storage.ts';

/** S3's limit for the name of a bucket. */
const BUCKET_LENGTH = 63;

export interface Databags {
  readonly peers: { readonly hostname: string; readonly agreement: Agreement };
  /** The bucket to ask the provider of object storage for. */
  readonly bucket: string;
}

export function planDatabags(inputs: Inputs, storage: StorageDecision): Databags {
  return {
    peers: {
      hostname: inputs.address.fqdn,
      agreement: {
        ...inputs.agreement,
        ...(storage.kind === 's3' && { replicationFactor: storage.replicationFactor }),
      },
    },
    bucket: bucketName(inputs),
  };
}

/** Two applications must not get one bucket: each one's compactor would take the other's blocks for its own. */
function bucketName({ model, app }: Pick<Inputs, 'model' | 'app'>): string {
  return `${model.name}-${app}`.slice(0, BUCKET_LENGTH).replace(/-+$/, '');
}
