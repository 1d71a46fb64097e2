/** Carries out a plan, by difference. Safe to repeat, and to be killed at any point. */
import { blocked, type Juju, type Status, waiting } from 'charmwright';
import type { Pebble } from 'charmwright/pebble';
import * as z from 'zod/mini';
import { type Agreement, agreementBag, peerUnit } from '../relations/peers.ts';
import { S3_UNIT_REQUEST, s3Request } from '../relations/s3.ts';
import { withRemedy } from './diagnosis.ts';
import type { Spec } from './generated.ts';
import { type MimirApi, mimirAt, type Readiness } from './mimir-api.ts';
import { MimirError, MimirRefusedError } from './mimir-errors.ts';
import { within } from './patience.ts';
import { clusterAddresses, ownRoles } from './plan/cluster.ts';
import { layoutIn, preparedFor } from './plan/copies.ts';
import type { Inputs } from './plan/inputs.ts';
import { READY_CHECK } from './plan/layer.ts';
import { CONFIG_FILE, CONTAINER } from './plan/paths.ts';
import { alertmanagerDigest, endsIngester, hasIngester, type Plan } from './plan/plan.ts';
import { isOpen, withoutRequest } from './plan/requests.ts';
import type { Component } from './plan/roles.ts';
import { limitsRefused } from './plan/statuses.ts';
import { DEFAULT_TENANT } from './plan/tenant.ts';
import { runningTrust } from './plan/tls.ts';
import { FLUSHED_FOR, REQUESTS, WRITES_HELD } from './plan/turns.ts';
import { serviceHost } from './plan/urls.ts';
import { remember } from './remembered.ts';
import { applySenderRules, doubtSenderRules } from './sender-rules/apply.ts';
import { applyWorkload, explain, type Outcome, type Running } from './workload.ts';

type MimirJuju = Juju<Spec>;

const LONGEST_START_MS = 60_000;

/** @returns what could only be seen while doing it. */
export async function apply(juju: MimirJuju, inputs: Inputs, plan: Plan): Promise<readonly Status[]> {
  doubtSenderRules(juju);
  await publish(juju, inputs, plan);
  await juju.setPorts(plan.ports);
  const pebble = juju.container(CONTAINER);
  await meetIfCopiesChange(inputs, plan);
  if (endsIngester(inputs, plan)) await (await import('./drain/role.ts')).partWithIngester(juju, inputs);
  const outcome = await applyWorkload(pebble, plan.workload, inputs.container);
  const isUp = outcome.kind === 'running' || outcome.kind === 'stopped';
  if (!isUp || inputs.address.ip === undefined) {
    await publishAgreement(juju, inputs, plan.databags.peers.agreement);
    return outcomeStatuses(outcome);
  }
  const limits = outcome.kind === 'running' ? limitsStatuses(outcome) : [];
  const own = mimirAt(inputs.address.ip, trustOf(inputs, plan));
  if (outcome.kind === 'running') {
    // A Mimir without its bucket takes the question and does not answer: once in a dispatch is enough.
    const silent = inputs.container.serving === false;
    const asked = silent ? ({ ready: false, reason: 'does not answer' } as const) : await own.ready();
    const waits = outcome.restarted && nobodyTells(plan);
    const readiness =
      asked.ready || !waits ? asked : await within(LONGEST_START_MS, () => own.ready(), isReady);
    if (!readiness.ready) {
      await publishAgreement(juju, inputs, plan.databags.peers.agreement);
      return [...limits, await startingStatus(pebble, outcome, readiness.reason)];
    }
    await tellVersion(juju, own, outcome);
  }
  const { turn } = await publishServing(juju, inputs, plan);
  const given = await give(juju, inputs, plan, (component) => apiOf(component, inputs, plan) ?? own);
  await publishAgreement(juju, inputs, { ...plan.databags.peers.agreement, turn, ...given.agreed });
  return [...limits, ...given.statuses];
}

/** Rare, and not loaded else. */
async function meetIfCopiesChange(inputs: Inputs, { workload }: Plan): Promise<void> {
  const { files } = inputs.container;
  if (workload.kind !== 'run' || files === undefined) return;
  const planned = workload.files.find(({ path }) => path === CONFIG_FILE)?.content;
  if (layoutIn(planned) === layoutIn(files[CONFIG_FILE])) return;
  await (await import('./copies.ts')).meetForCopies(inputs, planned);
}

function limitsStatuses({ limitsRefused: reason }: Running): readonly Status[] {
  return reason === undefined ? [] : [limitsRefused(reason)];
}

/** What is not in a file but in Mimir's own storage: alert configuration and rules. The leader's work. */
async function give(
  juju: MimirJuju,
  inputs: Inputs,
  plan: Plan,
  apiFor: (component: Component) => MimirApi,
): Promise<{ readonly agreed: Partial<Agreement>; readonly statuses: readonly Status[] }> {
  if (plan.place === 'joined') return { agreed: {}, statuses: [] };
  const alertmanager = await applyAlertmanager(apiFor('alertmanager'), inputs, plan);
  const senderRules = await applySenderRules(juju, apiFor('ruler'), inputs, storageOf(inputs, plan));
  return {
    agreed: { alertmanagerDigest: alertmanager.digest, rules: senderRules.record },
    statuses: [...alertmanager.statuses, ...senderRules.statuses],
  };
}

/** Whoever has the component: the first that has said where it is. Undefined: this unit, or nobody. */
function apiOf(component: Component, inputs: Inputs, plan: Plan): MimirApi | undefined {
  if (plan.place !== 'leads' || ownRoles(inputs).includes(component)) return undefined;
  const ip = clusterAddresses(inputs)[component].find((unit) => unit.ip !== undefined)?.ip;
  return ip === undefined ? undefined : mimirAt(ip, trustOf(inputs, plan));
}

/** Where Mimir keeps what it is given; undefined while it goes on with what it had. */
function storageOf({ objectStorage }: Inputs, { workload }: Plan): string | undefined {
  if (workload.kind !== 'run' && workload.kind !== 'stop') return undefined;
  if (objectStorage.kind !== 'ready') return 'filesystem';
  const { endpoint, bucket, prefix } = objectStorage.s3;
  return `${endpoint} ${bucket} ${prefix}`;
}

/**
 * Pebble wakes the charm when a check has failed thrice and succeeds again. Where it sees only that the port is open, and
 * where a Mimir serves sooner than that, which it does without an ingester, it wakes nobody.
 */
function nobodyTells({ workload }: Plan): boolean {
  if (workload.kind !== 'run') return false;
  return 'tcp' in workload.layer.checks[READY_CHECK] || !hasIngester(workload.files);
}

function isReady({ ready }: Readiness): boolean {
  return ready;
}

/** As Mimir was started: by the planned files, or by those that were kept. */
function trustOf(inputs: Inputs, { workload }: Plan): ReturnType<typeof runningTrust> {
  if (workload.kind === 'stop') {
    const { authorities } = inputs;
    return authorities === undefined ? undefined : { authorities, serverName: serviceHost(inputs) };
  }
  if (workload.kind !== 'run') return runningTrust(inputs.container.files ?? {}, inputs);
  return runningTrust(Object.fromEntries(workload.files.map(({ path, content }) => [path, content])), inputs);
}

function outcomeStatuses(outcome: Outcome): readonly Status[] {
  switch (outcome.kind) {
    case 'idle':
      return [];
    case 'running':
    case 'stopped':
      return [];
    case 'unsure':
      return [waiting(`[mimir] ${outcome.reason}`)];
    case 'failed':
      return [blocked(`[mimir] ${outcome.reason}`)];
  }
}

/** What keeps Mimir from serving: its own words where its log has them, else what it answers. */
async function startingStatus(pebble: Pebble, { exits }: Running, answer: string): Promise<Status> {
  const diagnosis = await explain(pebble);
  if (diagnosis?.kind === 'object-storage') {
    const message = `[s3] Mimir cannot use the bucket: ${diagnosis.cause}`;
    return diagnosis.lasting ? blocked(message) : waiting(message);
  }
  if (!exits) return waiting(`[mimir] starting: ${answer}`);
  const cause = diagnosis?.cause ?? 'see the log of the container';
  return blocked(`[mimir] exits again and again: ${withRemedy(cause)}`);
}

/** What goes to the peers and to object storage; charmwright writes what differs when the dispatch has succeeded. */
async function publish(juju: MimirJuju, inputs: Inputs, { databags, place }: Plan): Promise<void> {
  const { leader, requests, agreement, unit } = inputs;
  const [peers, s3] = await Promise.all([juju.relation('mimir-peers'), juju.relation('s3')]);
  const turn = agreement?.turn;
  const silent = turn !== undefined && turn.unit !== unit;
  peers?.publishUnit(
    peerUnit(databags.peers.hostname, { ...databags.peers, requests, silent, ...preparedFor(inputs) }),
  );
  juju.store(REQUESTS, requests);
  juju.store(FLUSHED_FOR, inputs.flushedFor);
  juju.store(WRITES_HELD, inputs.writesHeld);
  // One that has joined a cluster needs no bucket of its own.
  if (place === 'joined') return;
  s3?.publishUnit(leader ? S3_UNIT_REQUEST : {});
  if (!leader) return;
  await s3?.publishApp(s3Request(databags.bucket));
}

/** A Mimir that serves as it should has no need of its turn any more. @returns what the leader says of turns then. */
async function publishServing(
  juju: MimirJuju,
  inputs: Inputs,
  { databags: { peers: said } }: Plan,
): Promise<Pick<Agreement, 'turn'>> {
  const { requests: before, waitsFor, held } = inputs;
  const isOver = waitsFor === undefined && held === undefined && isOpen(before);
  const requests = isOver ? withoutRequest(before) : before;
  const peers = await juju.relation('mimir-peers');
  peers?.publishUnit(peerUnit(said.hostname, { ...said, requests, ...preparedFor(inputs) }));
  juju.store(REQUESTS, requests);
  const { turn } = said.agreement;
  if (!isOver) return { turn };
  const { passOn } = await import('./turns.ts');
  return { turn: await passOn(juju, { ...inputs, requests }, said.agreement) };
}

/** The leader's word. It is remembered at once: until Juju tells of the change, another hook would decide anew. */
export async function publishAgreement(
  juju: MimirJuju,
  { leader }: Pick<Inputs, 'leader'>,
  agreement: Agreement,
): Promise<void> {
  const peers = leader ? await juju.relation('mimir-peers') : undefined;
  if (peers === undefined) return;
  await peers.publishApp(agreementBag(agreement));
  remember(juju, peers, agreement);
}

const DIGEST = z.string();

/** Asked for once after each start: a running process does not change its version. */
async function tellVersion(juju: MimirJuju, api: MimirApi, outcome: Running): Promise<void> {
  if (!outcome.restarted && juju.stored('version-told', DIGEST) === outcome.digest) return;
  try {
    await juju.setWorkloadVersion((await api.buildInfo()).version);
    juju.store('version-told', outcome.digest);
  } catch (error) {
    if (!(error instanceof MimirError)) throw error;
    juju.log.debug(error.message);
  }
}

interface AlertmanagerOutcome {
  /** Of what was last uploaded from the options. */
  readonly digest: string | undefined;
  readonly statuses: readonly Status[];
}

/**
 * Uploads the options' Alertmanager configuration when they have changed, so that Mimir itself judges it and need not
 * be restarted. Recorded only after Mimir has taken it: a failed upload is tried again.
 */
async function applyAlertmanager(api: MimirApi, inputs: Inputs, plan: Plan): Promise<AlertmanagerOutcome> {
  const wanted = plan.alertmanager;
  const recorded = inputs.agreement?.alertmanagerDigest;
  if (!inputs.leader || wanted === undefined || wanted?.digest === recorded)
    return { digest: recorded, statuses: [] };
  try {
    if (wanted === null) await takeAway(api, recorded);
    else await api.setAlertmanagerConfig(DEFAULT_TENANT, wanted);
    return { digest: wanted?.digest, statuses: [] };
  } catch (error) {
    if (!(error instanceof MimirError)) throw error;
    const status =
      error instanceof MimirRefusedError
        ? blocked(`[config] alertmanager-config: ${error.reason}; the last good one stays in use`)
        : waiting(`[config] alertmanager-config: ${error.message}`);
    return { digest: recorded, statuses: [status] };
  }
}

/** Only what came from the options: a configuration set by the action since then stays. */
async function takeAway(api: MimirApi, recorded: string | undefined): Promise<void> {
  const present = await api.alertmanagerConfig(DEFAULT_TENANT);
  if (present !== undefined && alertmanagerDigest(present) === recorded)
    await api.deleteAlertmanagerConfig(DEFAULT_TENANT);
}
