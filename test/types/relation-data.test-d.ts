/** Relation data is typed by zod schemas: what the other side holds once read, and what this side may publish. */
import { defineCharm, json, type Loaded } from 'charmwright';
import * as z from 'zod';
import { spec } from './example.ts';

const database = {
  remoteApp: z.object({ uris: z.string(), ports: json(z.array(z.number())) }),
  remoteUnit: z.object({ role: z.enum(['primary', 'standby']) }),
  localApp: z.object({ database: z.string(), options: json(z.object({ tls: z.boolean() })) }),
};
const peers = { localUnit: z.object({ host: z.string() }), remoteUnit: z.object({ host: z.string() }) };

defineCharm(spec, {
  endpoints: { database, peers },
  reconcile: async (juju) => {
    const relation = await juju.relation('database');
    if (relation === undefined) return;

    // --- The other side: read, and then either data or an error.

    const app = await relation.loadRemoteApp();
    // @ts-expect-error whether it fits is not known yet
    app.data;
    if (!app.ok) {
      const why: string = app.error.message;
      // @ts-expect-error what does not fit has no data
      app.data;
      return juju.log.warn(why);
    }
    const ports: readonly number[] = app.data.ports; // decoded from JSON text
    // @ts-expect-error decoded, so it is text no longer
    const text: string = app.data.ports;
    // @ts-expect-error not in the schema
    app.data.uri;

    const unit = await relation.loadRemoteUnit('postgresql/0');
    // @ts-expect-error not one of the roles
    if (unit.ok && unit.data.role === 'leader') return;

    // --- This side: what is published is encoded by the schema.

    await relation.publishApp({ database: 'shop', options: { tls: true } });
    // @ts-expect-error the schema wants the options
    await relation.publishApp({ database: 'shop' });
    // @ts-expect-error not encoded yet: the schema does that
    await relation.publishApp({ database: 'shop', options: '{"tls":true}' });
    // @ts-expect-error not in the schema
    await relation.publishApp({ database: 'shop', options: { tls: true }, user: 'ada' });

    // --- A side without a schema is a bag of texts.

    relation.publishUnit({ host: 'a' });
    // @ts-expect-error a databag holds text
    relation.publishUnit({ port: 5432 });
    for (const metrics of await juju.relations('metrics')) {
      const bag: Loaded<Readonly<Record<string, string>>> = await metrics.loadRemoteApp();
      juju.log.info(JSON.stringify([bag.ok, ports, text]));
    }

    // --- Peers: the other units hold what this one publishes.

    const mates = await juju.relation('peers');
    mates?.publishUnit({ host: 'web-0' });
    // @ts-expect-error not in the schema
    mates?.publishUnit({ hots: 'web-0' });
  },
});

defineCharm(spec, {
  // @ts-expect-error an endpoint has no such side
  endpoints: { database: { remoteApps: z.object({}) } },
});

defineCharm(spec, {
  // @ts-expect-error a schema, not an example
  endpoints: { database: { remoteApp: { uris: '' } } },
});
