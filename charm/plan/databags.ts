/** What this unit, and the application when it leads, say to their peers and to object storage. */
import type { Agreement } from '../../relations/peers.ts';
import { bundle, certificatesIn } from '../../relations/pem.ts';
import { leadsCluster } from './cluster.ts';
import { isMixed } from './copies.ts';
import type { Inputs } from './inputs.ts';
import type { StorageDecision } from './storage.ts';

/** S3's limit for the name of a bucket. */
const BUCKET_LENGTH = 63;

export interface Databags {
  readonly peers: {
    readonly hostname: string;
    /** Of this unit's certificate. */
    readonly authorities?: string;
    readonly ip?: string;
    readonly zone?: string;
    readonly replaced?: number;
    readonly agreement: Agreement;
  };
  /** The bucket to ask the provider of object storage for. */
  readonly bucket: string;
}

export function planDatabags(inputs: Inputs, storage: StorageDecision): Databags {
  const own = inputs.neighbours.certificates?.own;
  return {
    peers: {
      hostname: inputs.address.fqdn,
      ...(own !== undefined && {
        authorities: bundle(certificatesIn(own.authorities).filter((each) => each !== undefined)),
      }),
      ...(leadsCluster(inputs) && inputs.address.ip !== undefined && { ip: inputs.address.ip }),
      ...(inputs.zones?.own !== undefined && { zone: inputs.zones.own }),
      ...(inputs.replaced !== undefined && { replaced: inputs.replaced }),
      agreement: {
        ...inputs.agreement,
        authorities: inputs.authorities,
        ...(storage.kind === 's3' && { replicationFactor: storage.replicationFactor }),
        ...(storage.kind === 's3' && storage.zoneAware && { zoneAware: storage.zoneAware }),
        ...(!isMixed(inputs) && { copiesSince: undefined }),
        copiesToCome: inputs.zones?.rings?.copiesToCome,
        ...inputs.agreed,
        grafanaStandIn: needsStandIn(inputs) ? grafanaStandIn(inputs) : undefined,
      },
    },
    bucket: bucketName(inputs),
  };
}

/**
 * The unit that stands in for the application at a Grafana that reads units only: the leader, and then for as long as the
 * application has that unit. Undefined: it is the leader's to choose.
 */
export function grafanaStandIn({
  agreement,
  leader,
  otherUnits,
  unit,
}: Pick<Inputs, 'agreement' | 'leader' | 'otherUnits' | 'unit'>): string | undefined {
  const chosen = agreement?.grafanaStandIn;
  const isThere = chosen !== undefined && [unit, ...otherUnits].includes(chosen);
  if (isThere) return chosen;
  return leader ? unit : undefined;
}

/** Whether any Grafana has not shown yet that it reads the application's address. */
function needsStandIn({ neighbours: { grafanas = [], grafanaAlertmanagers = [] } }: Inputs): boolean {
  return [...grafanas, ...grafanaAlertmanagers].some(({ appSource }) => appSource === undefined);
}

/** Two applications must not get one bucket: each one's compactor would take the other's blocks for its own. */
function bucketName({ model, app }: Pick<Inputs, 'model' | 'app'>): string {
  return `${model.name}-${app}`.slice(0, BUCKET_LENGTH).replace(/-+$/, '');
}
