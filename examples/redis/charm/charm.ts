/** A primary and its replicas; the leader says which unit is the primary, and makes the password. */
import { randomBytes } from 'node:crypto';
import { ActionFailed, active, blocked, converge, defineCharm, type Juju, waiting } from 'charmwright';
import * as z from 'zod';
import { configFile } from './config-file.ts';
import { type Spec, spec } from './generated.ts';

const PORT = 6379;
const PASSWORD = 'password';

/** What the leader tells the other units. */
const agreement = z.object({ primary: z.string().optional() });
/** What another application is told: by the leader, and by each unit. */
const redisApp = z.object({ 'leader-host': z.string(), secret: z.string() });
const redisUnit = z.object({ hostname: z.string(), port: z.string() });

const options = z.object({
  maxmemory: z
    .string()
    .regex(/^(\d+(b|kb?|mb?|gb?)?)?$/i, 'must be a number with b, kb, mb or gb, such as 100mb'),
});

export const redis = defineCharm(spec, {
  endpoints: {
    'redis-peers': { localApp: agreement, remoteApp: agreement },
    redis: { localApp: redisApp, localUnit: redisUnit },
  },

  reconcile: async (juju) => {
    const config = await juju.loadConfig(options);
    if (!config.ok) return juju.addStatus(blocked(config.error.message));

    const primary = await choosePrimary(juju);
    const password = await passwordOf(juju);
    if (primary === undefined || password === undefined)
      return juju.addStatus(waiting('for the leader to choose a primary and a password'));

    const isPrimary = primary === juju.unit;
    const content = configFile({
      port: PORT,
      password,
      maxmemory: config.data.maxmemory,
      primary: isPrimary ? undefined : hostOf(juju, primary),
    });
    const outcome = await converge(juju.container('redis'), {
      label: 'redis',
      services: { redis: { command: 'redis-server /etc/redis/redis.conf', startup: 'enabled' } },
      checks: { up: { level: 'ready', tcp: { port: PORT } } },
      // The password is in it, so that only Redis may read it.
      files: { '/etc/redis/redis.conf': { content, permissions: 0o600, readBy: ['redis'] } },
    });
    if (outcome.kind === 'unreachable') return juju.addStatus(waiting('for the container'));
    if (outcome.kind === 'failed') return juju.addStatus(blocked(outcome.reason));

    await juju.setPorts([PORT]);
    await publish(juju, primary);
    juju.addStatus(active(isPrimary ? 'primary' : ''));
  },

  actions: {
    'get-password': async ({ juju }) => {
      const password = await passwordOf(juju);
      if (password === undefined) throw new ActionFailed('there is no password yet: the leader makes it');
      return { password };
    },
    'rotate-password': async ({ juju }) => {
      if (!(await juju.isLeader())) throw new ActionFailed(`${juju.unit} is not the leader`);
      await juju.secrets.put('application', PASSWORD, { password: newPassword() });
      return { result: 'every unit takes the new password with its next event' };
    },
  },
});

type RedisJuju = Juju<Spec>;

/** Stays what it is while that unit is there. */
async function choosePrimary(juju: RedisJuju): Promise<string | undefined> {
  const peers = await juju.relation('redis-peers');
  if (peers === undefined) return undefined;
  const { primary } = agreement.parse(await peers.remoteAppData());
  if (!(await juju.isLeader())) return primary;
  const units = [juju.unit, ...(await peers.units())];
  const chosen = primary !== undefined && units.includes(primary) ? primary : juju.unit;
  await peers.publishApp({ primary: chosen });
  return chosen;
}

async function passwordOf(juju: RedisJuju): Promise<string | undefined> {
  const known = await juju.secrets.content(PASSWORD);
  if (known !== undefined || !(await juju.isLeader())) return known?.password;
  const password = newPassword();
  await juju.secrets.put('application', PASSWORD, { password });
  return password;
}

/** No characters that a configuration file would read otherwise. */
function newPassword(): string {
  return randomBytes(24).toString('base64url');
}

async function publish(juju: RedisJuju, primary: string): Promise<void> {
  const relations = await juju.relations('redis');
  for (const relation of relations)
    relation.publishUnit({ hostname: hostOf(juju, juju.unit), port: String(PORT) });
  if (relations.length === 0 || !(await juju.isLeader())) return;
  const known = await juju.secrets.owned(PASSWORD);
  if (known === undefined) return;
  for (const relation of relations) {
    await juju.secrets.grant(known.id, relation);
    await relation.publishApp({ 'leader-host': hostOf(juju, primary), secret: `secret:${known.id}` });
  }
}

/** The name that Kubernetes gives the unit's pod. */
function hostOf({ app, model }: RedisJuju, unit: string): string {
  return `${unit.replace('/', '-')}.${app}-endpoints.${model.name}.svc.cluster.local`;
}
