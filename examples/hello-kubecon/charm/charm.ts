/** A web server with redirects, whose page an action fetches. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ActionFailed, active, blocked, converge, defineCharm, json, waiting } from 'charmwright';
import * as z from 'zod';
import { spec } from './generated.ts';

const PORT = 8080;

/** What the ingress interface (v2) has the leader write: every value is JSON. */
const ingressRequest = z.object({ name: json(z.string()), model: json(z.string()), port: json(z.number()) });

const options = z.object({
  'redirect-map': z.union([z.literal(''), z.url({ protocol: /^https?$/ })]),
  'site-url': z.url({ protocol: /^https?$/ }),
});

export const helloKubecon = defineCharm(spec, {
  endpoints: { ingress: { localApp: ingressRequest } },

  reconcile: async (juju) => {
    const config = await juju.loadConfig(options);
    if (!config.ok) return juju.addStatus(blocked(config.error.message));

    const outcome = await converge(juju.container('gosherve'), {
      label: 'gosherve',
      services: {
        gosherve: {
          summary: 'the web server',
          command: '/bin/sherve',
          startup: 'enabled',
          environment: {
            REDIRECT_MAP_URL: config.data['redirect-map'],
            WEBROOT: '/srv',
            ADDRESS: `:${PORT}`,
          },
        },
      },
      checks: { up: { level: 'ready', http: { url: `http://127.0.0.1:${PORT}/` } } },
    });
    if (outcome.kind === 'unreachable') return juju.addStatus(waiting('for the container'));
    if (outcome.kind === 'failed') return juju.addStatus(blocked(outcome.reason));

    await juju.setPorts([PORT]);
    const ingress = await juju.relation('ingress');
    if (ingress !== undefined && (await juju.isLeader()))
      await ingress.publishApp({ name: juju.app, model: juju.model.name, port: PORT });
    juju.addStatus(active());
  },

  actions: {
    // The storage is mounted in the charm's container as well, so that no Pebble is needed for it.
    'pull-site': async ({ juju, log }) => {
      const config = await juju.loadConfig(options);
      if (!config.ok) throw new ActionFailed(config.error.message);
      const [webroot] = await juju.storage('webroot');
      if (webroot === undefined) throw new ActionFailed('the storage is not attached yet: try again later');
      const url = config.data['site-url'];
      await log(`fetching ${url}`);
      const answer = await fetch(url, { signal: AbortSignal.timeout(20_000) }).catch((error: Error) => error);
      if (answer instanceof Error) throw new ActionFailed(`cannot fetch ${url}: ${answer.message}`);
      if (!answer.ok) throw new ActionFailed(`cannot fetch ${url}: it answers ${answer.status}`);
      const page = await answer.text();
      await writeFile(join(webroot.location, 'index.html'), page);
      return { result: 'site pulled', bytes: Buffer.byteLength(page) };
    },
  },
});
