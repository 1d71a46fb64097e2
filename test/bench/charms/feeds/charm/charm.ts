/** Reads the other end of every relation, and publishes its own: line by line what feeds-ops does. */
import { active, defineCharm, type Relation } from 'charmwright';
import { spec } from './generated.ts';

export const feeds = defineCharm(spec, {
  reconcile: async (juju) => {
    const [{ greeting }, leader, relations] = await Promise.all([
      juju.config(),
      juju.isLeader(),
      juju.relations('feed'),
    ]);
    const addresses = (await Promise.all(relations.map(readAddresses))).flat();
    for (const relation of relations) {
      relation.publishUnit({ greeting: String(greeting), unit: juju.unit });
      if (leader) await relation.publishApp({ greeting: String(greeting), version: '1.2.3' });
    }
    await juju.setPorts([8080]);
    await juju.setWorkloadVersion('1.2.3');
    juju.addStatus(active(`${addresses.length} sources`));
  },
});

async function readAddresses(relation: Relation): Promise<readonly string[]> {
  const [{ port }, units] = await Promise.all([relation.remoteAppData(), relation.units()]);
  const bags = await Promise.all(units.map((unit) => relation.remoteUnitData(unit)));
  return bags.map(({ address }) => `${address}:${port}`);
}
