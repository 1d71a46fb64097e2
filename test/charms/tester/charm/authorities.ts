/** Whom `receive-ca-cert` says to trust. */
import type { Relation } from 'charmwright';
import { CERTIFICATE_TRANSFER_APP, readTransferV1 } from '../../../../relations/certificate-transfer.ts';
import { bundle } from '../../../../relations/pem.ts';

export const CA_FILE = '/etc/prometheus/authorities.pem';

/** PEM. @param leader speaks for the application. */
export async function observeAuthorities(relations: readonly Relation[], leader: boolean): Promise<string> {
  if (leader) for (const relation of relations) await relation.publishApp(CERTIFICATE_TRANSFER_APP);
  const said = await Promise.all(
    relations.map(async (relation) => readTransferV1(await relation.remoteAppData())),
  );
  return bundle(said.flatMap(({ certificates }) => certificates));
}
