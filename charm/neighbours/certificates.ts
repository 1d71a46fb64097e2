/** The authority that signs this unit's certificate, and what the units tell each other of theirs. */
import { X509Certificate } from 'node:crypto';
import type { Juju, Relation } from 'charmwright';
import * as z from 'zod/mini';
import { certificateRequestBag, readCertificates } from '../../relations/certificates.ts';
import { unitAuthorities } from '../../relations/peers.ts';
import type { Spec } from '../generated.ts';
import { advance, forgetHeld, type Held, keepHeld, readHeld } from '../held-certificate.ts';
import type { CertificateInputs } from '../plan/inputs.ts';
import { serviceHost } from '../plan/urls.ts';
import { unitName } from '../unit-name.ts';
import { type Neighbour, problemOf } from './neighbour.ts';

export const certificates: Neighbour = {
  async observe(juju, [relation]) {
    if (relation === undefined) return { neighbours: {} };
    const fqdn = unitName(juju);
    const subject = {
      commonName: juju.app,
      // No addresses: they change, and not every authority signs them. Pebble asks `localhost`.
      dnsNames: [
        fqdn,
        serviceHost({ app: juju.app, model: juju.model, address: { ip: undefined, fqdn } }),
        ...(await clusterNames(juju)),
        'localhost',
      ],
    };
    const [before, bag] = await Promise.all([readHeld(juju), relation.remoteAppData()]);
    const { held, progress } = await advance(before, subject, (csr) => readCertificates(bag, csr));
    await keepHeld(juju, before, held);
    const { event } = juju;
    if (progress.kind === 'waiting' && event.kind === 'relation-changed' && event.relationId === relation.id)
      juju.log.info(
        `${relation.remoteApp} (${relation.name}): nothing in key "certificates" for this unit yet`,
      );
    const own = ownOf(held);
    const others = (await juju.isLeader()) ? await authoritiesOfOthers(juju) : [];
    const seen: CertificateInputs = {
      relation: relation.name,
      app: relation.remoteApp,
      request: held.csr,
      ...(progress.kind === 'refused' && { refused: progress.why }),
      ...(own !== undefined && { own }),
      others,
    };
    return {
      neighbours: { certificates: seen },
      ...(progress.kind === 'unusable' && {
        problems: [problemOf(relation, progress.key, progress.problem)],
      }),
    };
  },

  publish: ({ neighbours }) => ({
    unit: certificateRequestBag(neighbours.certificates?.request ?? ''),
  }),

  forget: forgetHeld,
};

const CLUSTER_NAME = 'cluster-name';

/** By which the units of a whole cluster know each other. It stays what it was while the application that leads is silent. */
async function clusterNames(juju: Juju<Spec>): Promise<readonly string[]> {
  const [relation] = await juju.relations('join-cluster');
  if (relation === undefined) {
    juju.store(CLUSTER_NAME, undefined);
    return [];
  }
  const { readLeaderApp } = await import('../../relations/mimir-cluster.ts');
  const answer = readLeaderApp(await relation.remoteAppData());
  const name =
    answer.kind === 'said' ? answer.configuration.serverName : juju.stored(CLUSTER_NAME, z.string());
  juju.store(CLUSTER_NAME, name);
  return name === undefined ? [] : [name];
}

function ownOf(held: Held): CertificateInputs['own'] {
  const { certificate, issuers } = held;
  if (certificate === undefined || issuers === undefined) return undefined;
  const read = new X509Certificate(certificate);
  return {
    pem: `${held['private-key']}${certificate}${issuers}`,
    authorities: issuers,
    namesLocalhost: read.checkHost('localhost') !== undefined,
    expired: Date.parse(read.validTo) < Date.now(),
  };
}

async function authoritiesOfOthers(juju: Juju<Spec>): Promise<readonly (string | undefined)[]> {
  const peers: Relation | undefined = await juju.relation('mimir-peers');
  if (peers === undefined) return [];
  const units = await peers.units();
  return Promise.all(units.map(async (unit) => unitAuthorities(await peers.remoteUnitData(unit))));
}
