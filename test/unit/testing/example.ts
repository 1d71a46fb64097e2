/** A little web server's charm, for the tests of lib/testing. */
import { active, blocked, type CharmSpec, defineCharm, maintenance, waiting } from 'charmwright';
import { z } from 'zod';

export const spec = {
  name: 'web',
  endpoints: {
    db: { role: 'requires', interface: 'db' },
    site: { role: 'provides', interface: 'http' },
    only: { role: 'requires', interface: 'one', limit: 1 },
    beside: { role: 'provides', interface: 'info', scope: 'container' },
    peers: { role: 'peer', interface: 'web_peers' },
  },
  extraBindings: [],
  containers: { web: {} },
  storage: { data: { type: 'filesystem', count: { min: 1, max: 1 } } },
  resources: { page: { type: 'file' } },
  config: {
    port: { type: 'int', default: 8080 },
    title: { type: 'string' },
    'api-key': { type: 'secret' },
  },
  actions: {
    greet: {
      params: { name: { type: 'string' }, mood: { type: 'string', default: 'glad' } },
      required: ['name'],
      additionalProperties: false,
    },
  },
} as const satisfies CharmSpec;

/** Says which database it serves, on the configured port, and restarts only for a changed file. */
export const charm = defineCharm(spec, {
  endpoints: { db: { remoteApp: z.object({ url: z.string() }) } },
  on: {
    stop: async (juju) => juju.showStatus(maintenance('going')),
    'db-relation-broken': (juju, event) => juju.log.info(`no more ${event.remoteApp}`),
    'secret-changed': (juju, event) => juju.defer(event),
  },
  reconcile: async (juju, event) => {
    if (event.kind === 'update-status') throw new RangeError('no updates, please');
    const { port, title } = await juju.config();
    const database = await juju.relation('db');
    const data = await database?.loadRemoteApp();
    if (data === undefined) return juju.addStatus(blocked('[db] missing'));
    if (!data.ok) return juju.addStatus(waiting(data.error.message));
    if (await juju.isLeader()) {
      for (const site of await juju.relations('site')) await site.publishApp({ url: `http://web:${port}` });
    }
    await juju.setPorts([port]);
    juju.store('title', title ?? null);
    const web = juju.container('web');
    if (!(await web.canConnect())) return juju.addStatus(waiting('for the container'));
    const wanted = JSON.stringify({ title, port, db: data.data.url });
    const present = (await web.exists('/etc/web.json')) ? await web.pullText('/etc/web.json') : '';
    if (present !== wanted) await web.push('/etc/web.json', wanted, { makeDirs: true, permissions: 0o600 });
    await web.addLayer(
      'web',
      {
        services: {
          web: {
            override: 'replace',
            command: `serve ${port}`,
            startup: 'enabled',
            environment: { CONFIG: wanted },
          },
        },
        checks: { up: { override: 'replace', tcp: { port } } },
      },
      { combine: true },
    );
    await web.replan();
    juju.addStatus(active());
  },
  actions: {
    greet: async ({ juju, params, log }) => {
      await log('thinking');
      const { stdout } = await (await juju.container('web').exec(['fortune', '-s'])).output();
      return { greeting: { text: `hello ${params.name}, I am ${params.mood}`, fortune: stdout } };
    },
  },
});
