/** Authorities that Mimir is to trust, besides those that its image knows. */
import type { Relation } from 'charmwright';
import {
  CERTIFICATE_TRANSFER_APP,
  isTransferV1,
  readTransferV0,
  readTransferV1,
  type TransferredCertificates,
} from '../../relations/certificate-transfer.ts';
import { bundle } from '../../relations/pem.ts';
import { type Neighbour, problemsOf } from './neighbour.ts';

export const receiveCaCert: Neighbour = {
  async observe(_juju, relations) {
    const read = await Promise.all(
      relations.map(async (relation) => ({ relation, said: await readAll(relation) })),
    );
    const trusted = bundle(read.flatMap(({ said }) => said.flatMap(({ certificates }) => certificates)));
    return {
      neighbours: trusted === '' ? {} : { trusted },
      problems: read.flatMap(({ relation, said }) =>
        said.flatMap(({ problems }) => problemsOf(relation, problems)),
      ),
    };
  },

  publish: () => ({ app: CERTIFICATE_TRANSFER_APP }),
};

async function readAll(relation: Relation): Promise<readonly TransferredCertificates[]> {
  const app = await relation.remoteAppData();
  if (isTransferV1(app)) return [readTransferV1(app)];
  const units = await relation.units();
  return Promise.all(units.map(async (unit) => readTransferV0(await relation.remoteUnitData(unit))));
}
