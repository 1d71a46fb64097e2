/** What this unit, and the application when it leads, say to each relation. */
import type { DataSource } from '../../relations/grafana-source.ts';
import type { Agreement } from '../../relations/peers.ts';
import type { Inputs } from './inputs.ts';
import { serviceUrl } from './mimir-config.ts';
import type { StorageDecision } from './storage.ts';

/** S3's limit for the name of a bucket. */
const BUCKET_LENGTH = 63;

export interface GrafanaSource {
  readonly data: DataSource;
  readonly url: string;
  /** Relations in which this unit stands in for the application's address, which Grafana does not read there. */
  readonly asUnit: readonly number[];
}

export interface Databags {
  readonly peers: { readonly hostname: string; readonly agreement: Agreement };
  /** The bucket to ask the provider of object storage for. */
  readonly bucket: string;
  /** One URL for all units: a sender writes every sample to every distinct URL it is given. */
  readonly remoteWriteUrl: string;
  readonly grafana: GrafanaSource;
}

export function planDatabags(inputs: Inputs, storage: StorageDecision): Databags {
  const url = serviceUrl(inputs);
  return {
    peers: {
      hostname: inputs.address.fqdn,
      agreement: {
        ...inputs.agreement,
        ...(storage.kind === 's3' && { replicationFactor: storage.replicationFactor }),
      },
    },
    bucket: bucketName(inputs),
    remoteWriteUrl: `${url}/api/v1/push`,
    grafana: {
      data: {
        model: inputs.model.name,
        model_uuid: inputs.model.uuid,
        application: inputs.app,
        type: 'prometheus',
        extra_fields: { httpHeaderName1: 'X-Scope-OrgID', httpMethod: 'POST', prometheusType: 'Mimir' },
        secure_extra_fields: { httpHeaderValue1: 'anonymous' },
      },
      url: `${url}/prometheus`,
      asUnit: inputs.leader
        ? inputs.grafanaRelations.filter((relation) => !relation.readsAppAddress).map(({ id }) => id)
        : [],
    },
  };
}

/** Two applications must not get one bucket: each one's compactor would take the other's blocks for its own. */
function bucketName({ model, app }: Pick<Inputs, 'model' | 'app'>): string {
  return `${model.name}-${app}`.slice(0, BUCKET_LENGTH).replace(/-+$/, '');
}
