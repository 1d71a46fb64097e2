/** A Mimir of another application of the cluster that this one leads. */
import { ActionFailed, type Juju, type Relation } from 'charmwright';
import type { Spec } from '../charm/generated.ts';
import { type MimirApi, mimirAt } from '../charm/mimir-api.ts';
import { mimirCluster } from '../charm/neighbours/mimir-cluster.ts';
import type { Component } from '../charm/plan/roles.ts';
import { serviceHost } from '../charm/plan/urls.ts';
import { unitName } from '../charm/unit-name.ts';
import { readAgreement } from '../relations/peers.ts';

/** @throws ActionFailed when this application leads none, or nobody in it has the component and serves. */
export async function elsewhere(juju: Juju<Spec>, component: Component): Promise<MimirApi> {
  const relations = await juju.relations('mimir-cluster');
  if (relations.length === 0) {
    throw new ActionFailed(
      `this unit has no ${component}: run the action on the application that leads the cluster, or on one that has the role`,
    );
  }
  const members = (await mimirCluster.observe?.(juju, relations))?.neighbours.members ?? [];
  const addresses = members
    .filter(({ roles }) => roles.includes(component))
    .flatMap(({ units }) => units.flatMap(({ ip }) => ip ?? []));
  const trust = await trustOf(juju);
  for (const ip of addresses) {
    const api = mimirAt(ip, trust);
    if ((await api.ready()).ready) return api;
  }
  throw new ActionFailed(`no unit of the cluster that has ${component} is ready; see juju status`);
}

/** The Mimirs of this application's cluster, by their addresses. */
export async function others(juju: Juju<Spec>): Promise<{ at(ip: string): MimirApi }> {
  const trust = await trustOf(juju);
  return { at: (ip) => mimirAt(ip, trust) };
}

async function trustOf(juju: Juju<Spec>): Promise<Parameters<typeof mimirAt>[1]> {
  const peers: Relation | undefined = await juju.relation('mimir-peers');
  const { authorities } = readAgreement((await peers?.localAppData()) ?? {});
  if (authorities === undefined) return undefined;
  const address = { ip: undefined, fqdn: unitName(juju) };
  return { authorities, serverName: serviceHost({ app: juju.app, model: juju.model, address }) };
}
