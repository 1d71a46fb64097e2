/** A Mimir of another application of the cluster that this one leads. */
import { ActionFailed, type Juju, type Relation } from 'charmwright';
import { podOf } from '../charm/drain/members.ts';
import type { Spec } from '../charm/generated.ts';
import { type MimirApi, mimirAt } from '../charm/mimir-api.ts';
import { mimirCluster } from '../charm/neighbours/mimir-cluster.ts';
import type { Component } from '../charm/plan/roles.ts';
import { serviceHost } from '../charm/plan/urls.ts';
import { unitName } from '../charm/unit-name.ts';
import { readAgreement } from '../relations/peers.ts';

/** The other applications of a cluster, as the one that leads it knows them. */
export interface OtherApplications {
  /** One that has the component and serves; undefined when there is none. */
  with(component: Component): Promise<MimirApi | undefined>;
  /** The names of the pods of all their units, by application. */
  readonly pods: ReadonlyMap<string, readonly string[]>;
}

/** Undefined where this application leads nobody. */
export async function otherApplications(juju: Juju<Spec>): Promise<OtherApplications | undefined> {
  const relations = await juju.relations('mimir-cluster');
  if (relations.length === 0) return undefined;
  const members = (await mimirCluster.observe?.(juju, relations))?.neighbours.members ?? [];
  const trust = await trustOf(juju);
  const pods = relations.map(
    async (relation) => [relation.remoteApp, (await relation.units()).map(podOf)] as const,
  );
  return {
    pods: new Map(await Promise.all(pods)),
    with: async (component) => {
      const addresses = members
        .filter(({ roles }) => roles.includes(component))
        .flatMap(({ units }) => units.flatMap(({ ip }) => ip ?? []));
      for (const ip of addresses) {
        const api = mimirAt(ip, trust);
        if ((await api.ready()).ready) return api;
      }
      return undefined;
    },
  };
}

/** @throws ActionFailed when this application leads none, or nobody in it has the component and serves. */
export async function elsewhere(juju: Juju<Spec>, component: Component): Promise<MimirApi> {
  const others = await otherApplications(juju);
  if (others === undefined) {
    throw new ActionFailed(
      `this unit has no ${component}: run the action on the application that leads the cluster, or on one that has the role`,
    );
  }
  const api = await others.with(component);
  if (api !== undefined) return api;
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
