/** Shows in its status what it sees, and counts how often its container came up. */
import { active, defineCharm, waiting } from 'charmwright';
import * as z from 'zod';
import { spec } from './generated.ts';

export const mirror = defineCharm(spec, {
  on: {
    'work-pebble-ready': (juju) => juju.store('readies', (juju.stored('readies', z.int()) ?? 0) + 1),
    'work-pebble-custom-notice': (juju, { notice }) => juju.store('notice', notice.key),
    'db-relation-departed': (juju, { remoteUnit }) => juju.store('departed', remoteUnit),
    'db-relation-broken': (juju, { remoteApp }) => juju.store('broken', remoteApp),
    'upgrade-charm': (juju) => juju.store('upgraded', true),
  },
  reconcile: async (juju) => {
    if (!(await juju.container('work').canConnect())) return juju.addStatus(waiting('for the container'));
    const { key } = await juju.config();
    const db = await juju.relation('db');
    const data = db === undefined ? undefined : await db.loadRemoteApp();
    const seen = {
      url: data?.ok === true ? data.data.url : undefined,
      units: await db?.units(),
      word: (await key?.content('latest'))?.word,
      notice: juju.stored('notice', z.string()),
    };
    juju.addStatus(active(JSON.stringify(seen)));
  },
});
