/**
 * Names come from the charm's YAML files: a misspelt one must not compile. Every `@ts-expect-error` here fails the
 * `static` suite when the line under it starts to compile.
 */
import {
  type ActionHandler,
  converge,
  defineCharm,
  type JujuEvent,
  json,
  type SecretOption,
} from 'charmwright';
import { z } from 'zod';
import { spec } from './example.ts';

const databaseApp = z.object({ uris: z.string(), ports: json(z.array(z.number())) });

const backup: ActionHandler<typeof spec, 'backup', Record<never, never>> = ({ params }) => {
  const path: string = params.path;
  const level: number = params.level;
  const mode: 'full' | 'quick' = params.mode;
  const tags: readonly string[] | undefined = params.tags;
  // @ts-expect-error no such parameter
  params.pth;
  // @ts-expect-error an optional parameter without default may be absent
  const surely: readonly string[] = params.tags;
  return { path, level, mode, tags: tags?.join(), surely: surely.length };
};

defineCharm(spec, {
  endpoints: { database: { remoteApp: databaseApp } },
  reconcile: async (juju) => {
    const config = await juju.config();
    const port: number = config.port;
    const ratio: number | undefined = config.ratio;
    const secret: SecretOption | undefined = config['api-key'];
    // @ts-expect-error no such option
    config.prot;
    // @ts-expect-error an int is not a string
    const text: string = config.port;
    // @ts-expect-error an option without default may be absent
    const number: number = config.ratio;

    juju.container('web');
    // @ts-expect-error no such container
    juju.container('wbe');
    await juju.relations('metrics');
    // @ts-expect-error no such endpoint
    await juju.relations('metric');
    await juju.network('public');
    // @ts-expect-error no such binding
    await juju.network('pubic');
    await juju.storage('data');
    // @ts-expect-error no such storage
    await juju.storage('date');
    await juju.resource('web-image');
    // @ts-expect-error no such resource
    await juju.resource('web');

    await converge(juju.container('web'), {
      label: 'web',
      services: { web: { command: '/bin/web', startup: 'enabled' } },
      files: { '/etc/web.conf': { content: 'port = 80', readBy: ['web'] } },
    });
    await converge(juju.container('web'), {
      label: 'web',
      services: { web: { command: '/bin/web' } },
      // @ts-expect-error no such service
      files: { '/etc/web.conf': { content: 'port = 80', readBy: ['wbe'] } },
    });

    const database = await juju.relation('database');
    const loaded = await database?.loadRemoteApp();
    if (loaded?.ok) {
      const ports: readonly number[] = loaded.data.ports;
      // @ts-expect-error the schema has no such key
      loaded.data.uri;
      juju.log.info(`${ports} ${port} ${ratio} ${secret?.uri} ${text} ${number}`);
    }
    // @ts-expect-error not known whether it parsed
    loaded?.data.uris;
  },
  on: {
    stop: () => undefined,
    'database-relation-departed': (_juju, event) => void event.departingUnit.length,
    'web-pebble-check-failed': (_juju, event) => void event.check.length,
    'data-storage-attached': (_juju, event) => void event.location.length,
    // @ts-expect-error no such endpoint
    'databse-relation-changed': () => undefined,
  },
  actions: { backup, restore: () => ({}) },
});

defineCharm(spec, {
  // @ts-expect-error every action in actions.yaml needs a handler
  actions: { backup },
});

defineCharm(spec, {
  actions: {
    backup,
    restore: () => ({}),
    // @ts-expect-error not in actions.yaml
    restart: () => ({}),
  },
});

defineCharm(spec, {
  // @ts-expect-error no such endpoint
  endpoints: { databas: { remoteApp: databaseApp } },
});

/** A switch over the events that misses one does not compile. */
export function nameOf(event: JujuEvent<typeof spec>): string {
  switch (event.kind) {
    case 'action':
      return event.action;
    case 'unknown':
      return event.hook;
    default: {
      // @ts-expect-error many kinds are not handled yet
      const none: never = event;
      return none;
    }
  }
}
