/** Senders of metrics, and of rules about them. */
import type { Juju, Relation } from 'charmwright';
import * as z from 'zod/mini';
import { remoteWriteApp, remoteWriteUnit, sentRules } from '../../relations/remote-write.ts';
import type { Spec } from '../generated.ts';
import type { SenderRules } from '../plan/inputs.ts';
import { urls } from '../plan/urls.ts';
import { rulesDigest } from '../sender-rules/record.ts';
import type { Neighbour } from './neighbour.ts';

const REFUSED = z.string();

export const remoteWrite: Neighbour = {
  async observe(juju, relations) {
    const senders = relations.map(({ remoteApp }) => remoteApp).toSorted();
    if (!(await juju.isLeader())) return { neighbours: { senders } };
    const rules = await Promise.all(relations.map((relation) => observeRules(juju, relation)));
    return { neighbours: { senders, senderRules: rules.filter((each) => each !== undefined) } };
  },

  publish: (inputs, { id }) => ({
    // One URL for all units: a sender writes every sample to every distinct URL it is given.
    unit: remoteWriteUnit(`${urls(inputs).public}/api/v1/push`),
    app: remoteWriteApp({
      errors: inputs.neighbours.senderRules?.find((sender) => sender.id === id)?.refused,
      dropsReplicas: inputs.options['ha-tracker'],
    }),
  }),
};

/** A sender without units sends nothing any more; its databag may be there for long. */
async function observeRules(juju: Juju<Spec>, relation: Relation): Promise<SenderRules | undefined> {
  if ((await relation.units()).length === 0) return undefined;
  const text = sentRules(await relation.remoteAppData());
  if (text === undefined) return undefined;
  const refused = juju.stored(relation.name, REFUSED);
  return {
    id: relation.id,
    app: relation.remoteApp,
    digest: rulesDigest(text),
    ...(refused !== undefined && { refused }),
  };
}
