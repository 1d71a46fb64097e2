/**
 * Brings the gateway's container to its plan. nginx is never restarted for it: it tries new files first, takes them at a
 * signal, and goes on with the old ones where it refuses them. Loaded only where there is one, or has just been one.
 */
import { createHash } from 'node:crypto';
import { blocked, type Juju, type Status, waiting } from 'charmwright';
import {
  ApiError,
  ChangeError,
  ConnectionError,
  ExecError,
  layerApplied,
  type Pebble,
  PebbleError,
  TimeoutError,
} from 'charmwright/pebble';
import { holdBack, keepForRestarts, waitsForNginx } from './gateway-not-yet.ts';
import type { Spec } from './generated.ts';
import { readThoseThere } from './pebble-files.ts';
import { clusterAddresses } from './plan/cluster.ts';
import { type GatewayInputs, type GatewayPlan, planGateway } from './plan/gateway.ts';
import {
  GATEWAY_CA,
  GATEWAY_CHECK,
  GATEWAY_CONFIG,
  GATEWAY_CONTAINER,
  GATEWAY_DIR,
  GATEWAY_KEY,
  GATEWAY_LABEL,
  GATEWAY_SERVED,
  GATEWAY_SERVICE,
  GATEWAY_TLS,
  GATEWAY_TRIAL_DIR,
  IPV6_FILE,
  NGINX,
} from './plan/gateway-parts.ts';
import type { Inputs } from './plan/inputs.ts';
import { sectionOf } from './plan/layer.ts';
import { type LogTargets, logTargets, silenced } from './plan/log-targets.ts';
import { ABILITIES, type NginxAbilities, senderTenantIn, withLess } from './plan/nginx.ts';
import { CAN_FINISH, type GatewayLayer, nginxCommand } from './plan/nginx-process.ts';
import { HTTP_PORT } from './plan/paths.ts';
import { senderTenant } from './plan/tenant.ts';
import { planTls, type Tls } from './plan/tls.ts';
import { serviceHost } from './plan/urls.ts';

type MimirJuju = Juju<Spec>;

/**
 * Two lines from when nginx was last told to read its files: their digest, and one of the layer and the plan that it was
 * in. It lives as long as nginx and the files do.
 */
const LOADED_FILE = `${GATEWAY_DIR}/loaded`;
/** By name. */
const FILES = [GATEWAY_CA, GATEWAY_TLS, GATEWAY_CONFIG] as const;

/** @returns what keeps the gateway from serving as it should. */
export async function applyGateway(juju: MimirJuju, inputs: Inputs): Promise<readonly Status[]> {
  const pebble = juju.container(GATEWAY_CONTAINER);
  const tls = planTls(inputs);
  const waits = waitsForNginx(juju, inputs);
  juju.store(GATEWAY_KEY, true);
  try {
    // The units speak TLS, and this one has no certificate yet. Another status says so.
    if (tls === 'waiting') {
      if (waits) await holdBack(pebble);
      return [];
    }
    const { serves, statuses } = await serve(
      pebble,
      wantedOf(inputs, tls),
      logTargets(inputs, GATEWAY_SERVICE),
      waits,
    );
    if (serves) juju.store(GATEWAY_SERVED, true);
    return statuses;
  } catch (error) {
    if (!(error instanceof PebbleError)) throw error;
    return [statusOf(error)];
  }
}

type Wanted = Omit<GatewayInputs, 'ipv6' | 'able'>;

function wantedOf(inputs: Inputs, tls: Tls | undefined): Wanted {
  return {
    app: inputs.app,
    addresses: addressesOf(inputs),
    // While the option is wrong, what it was: a write for somebody else could not be taken back.
    ...(inputs.options.multitenancy && { senderTenant: senderTenant(inputs.options) }),
    ...(tls !== undefined && {
      tls: { pem: tls.pem, authorities: tls.authorities, serverName: serviceHost(inputs) },
    }),
  };
}

/** Units that have no address yet get no requests, nor do those that do not answer while others do. */
function addressesOf(inputs: Inputs): GatewayInputs['addresses'] {
  const entries = Object.entries(clusterAddresses(inputs)).map(([component, units]) => {
    const answering = units.filter(({ silent }) => silent === undefined);
    const asked = answering.length > 0 ? answering : units;
    return [component, asked.flatMap(({ ip }) => (ip === undefined ? [] : [{ host: ip, port: HTTP_PORT }]))];
  });
  return Object.fromEntries(entries);
}

interface Served {
  /** Of this configuration or the one before. */
  readonly serves: boolean;
  readonly statuses: readonly Status[];
}

/** @param waits the pod is not to be ready before. */
async function serve(pebble: Pebble, wanted: Wanted, targets: LogTargets, waits: boolean): Promise<Served> {
  const present = await readThoseThere(pebble, [
    ...FILES.map((name) => `${GATEWAY_DIR}/${name}`),
    LOADED_FILE,
    IPV6_FILE,
  ]);
  const isFirst = present[LOADED_FILE] === undefined;
  if (isFirst && waits) await holdBack(pebble);
  const ipv6 = present[IPV6_FILE] !== undefined;
  const was = senderTenantIn(present[`${GATEWAY_DIR}/${GATEWAY_CONFIG}`] ?? '');
  const tenants = 'senderTenant' in wanted ? { senderTenant: wanted.senderTenant ?? was } : {};
  const planFor = (able: NginxAbilities) => planGateway({ ...wanted, ...tenants, ipv6, able });
  // nginx is asked only when none of what it may be able to is there.
  const there = ABILITIES.map(planFor).find((each) => isThere(each, present));
  const tried = there === undefined ? await firstAccepted(pebble, planFor) : { plan: there };
  if (tried.plan === undefined) {
    const held = isFirst ? '' : '; the last good one stays in use';
    const refused = blocked(`[gateway] nginx refuses its configuration: ${tried.refusal}${held}`);
    return { serves: !isFirst, statuses: [refused] };
  }
  const { plan } = tried;
  if (there === undefined) await write(pebble, GATEWAY_DIR, plan);
  const [loaded, seen] = present[LOADED_FILE]?.split('\n') ?? [];
  const { isNew, application } = await ensureRunning(
    pebble,
    [
      { ...plan.layers.finishing, ...sectionOf(targets) },
      { ...plan.layers.plain, ...sectionOf(targets) },
    ],
    targets,
    seen,
  );
  if (loaded !== plan.digest && !isNew) await pebble.sendSignal('SIGHUP', [GATEWAY_SERVICE]);
  if (isFirst) await keepForRestarts(pebble);
  const content = `${plan.digest}\n${application}`;
  if (present[LOADED_FILE] !== content) await pebble.push(LOADED_FILE, content, { permissions: 0o600 });
  const [check] = await pebble.checks({ names: [GATEWAY_CHECK] });
  const silent = waiting('[gateway] nginx does not answer: see the log of the container');
  return { serves: true, statuses: check?.status === 'down' ? [silent] : [] };
}

function isThere({ files }: GatewayPlan, present: Readonly<Record<string, string>>): boolean {
  return Object.entries(files).every(([name, { content }]) => present[`${GATEWAY_DIR}/${name}`] === content);
}

type Tried = { readonly plan: GatewayPlan } | { readonly plan?: undefined; readonly refusal: string };

/** Each nginx is given what it knows. */
async function firstAccepted(pebble: Pebble, planFor: (able: NginxAbilities) => GatewayPlan): Promise<Tried> {
  let refusal = '';
  for (
    let able: NginxAbilities | undefined = ABILITIES[0];
    able !== undefined;
    able = withLess(able, refusal)
  ) {
    const plan = planFor(able);
    const why = await refusalOf(pebble, plan);
    if (why === undefined) return { plan };
    refusal = why;
  }
  return { refusal };
}

/** In nginx' words, in a folder of its own: what is in use stays as it is. */
async function refusalOf(pebble: Pebble, plan: GatewayPlan): Promise<string | undefined> {
  await write(pebble, GATEWAY_TRIAL_DIR, plan);
  const process = await pebble.exec(nginxCommand(GATEWAY_TRIAL_DIR, '-t'), { timeoutMs: 20_000 });
  try {
    await process.output();
    return undefined;
  } catch (error) {
    if (!(error instanceof ExecError)) throw error;
    const fault = /\[emerg\] (?:\d+#\d+: )?(.*)/.exec(error.stderr ?? '')?.[1] ?? error.message;
    return fault.replaceAll(`${GATEWAY_TRIAL_DIR}/`, '');
  }
}

/** The configuration comes last: it is complete only with the files it names. */
async function write(pebble: Pebble, folder: string, { files }: GatewayPlan): Promise<void> {
  for (const [name, { content, permissions }] of Object.entries(files))
    await pebble.push(`${folder}/${name}`, content, { permissions, makeDirs: true });
}

/** As the plan was left, it is not read: to understand YAML takes 20 ms. */
async function ensureRunning(
  pebble: Pebble,
  [finishing, plain]: readonly [GatewayLayer, GatewayLayer],
  targets: LogTargets,
  seen: string | undefined,
): Promise<{ readonly isNew: boolean; readonly application: string }> {
  const [planYaml, services] = await Promise.all([pebble.planYaml(), pebble.services([GATEWAY_SERVICE])]);
  const isNew = services[0]?.current !== 'active';
  const known = [finishing, plain].find((layer) => applicationOf(layer, planYaml) === seen);
  if (known !== undefined && seen !== undefined && !isNew) return { isNew, application: seen };
  const layer = known ?? ((await canFinish(pebble)) ? finishing : plain);
  const plan = await pebble.plan();
  const gone = silenced(targets, plan['log-targets']);
  const whole = { ...layer, ...sectionOf({ ...gone, ...targets }) };
  const isApplied = layerApplied(whole, plan);
  // A check that is new begins with "up", so it comes when nginx has been started.
  if (!isApplied) await pebble.addLayer(GATEWAY_LABEL, { ...whole, checks: {} }, { combine: true });
  await pebble.replan();
  if (!isApplied) await pebble.addLayer(GATEWAY_LABEL, whole, { combine: true });
  return { isNew, application: applicationOf(layer, await pebble.planYaml()) };
}

/** Whether nginx can be run so that it ends politely. */
async function canFinish(pebble: Pebble): Promise<boolean> {
  try {
    await (await pebble.exec(CAN_FINISH, { timeoutMs: 20_000 })).output();
    return true;
  } catch (error) {
    if (error instanceof ExecError || isMissing(error)) return false;
    throw error;
  }
}

/** A program that the image has not. */
function isMissing(error: unknown): boolean {
  return error instanceof ApiError && error.pebbleMessage.includes('cannot find executable');
}

/** Equal when both are. */
function applicationOf(layer: GatewayLayer, planYaml: string): string {
  return createHash('sha256')
    .update(JSON.stringify([layer, planYaml]))
    .digest('hex');
}

function statusOf(error: PebbleError): Status {
  if (error instanceof ConnectionError) return waiting('[gateway] waiting for Pebble in the container');
  if (error instanceof TimeoutError) return waiting('[gateway] waiting for nginx to stop or start');
  if (error instanceof ChangeError)
    return blocked('[gateway] nginx does not start: see the log of the container');
  return blocked(
    isMissing(error)
      ? `[gateway] the image has no ${NGINX}: attach another one as nginx-image`
      : `[gateway] ${error.message}`,
  );
}
