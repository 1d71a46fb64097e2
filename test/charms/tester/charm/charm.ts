/** A Prometheus in the role of Grafana Agent: it writes where send-remote-write says, and sends its alert rules there. */
import { active, blocked, converge, defineCharm, type Juju, stableJson, waiting } from 'charmwright';
import type { JujuTopology } from '../../../../relations/juju-topology.ts';
import { alertRules } from './alert-rules.ts';
import { CA_FILE, observeAuthorities } from './authorities.ts';
import { type Spec, spec } from './generated.ts';
import { type Options, options } from './options.ts';
import { prometheusConfig } from './prometheus-config.ts';
import { distinct, type Receiver, receiverApp, receiverUnit } from './receivers.ts';

const PORT = 9090;
const CONFIG = '/etc/prometheus/prometheus.yml';
const endpoints = { 'send-remote-write': { remoteApp: receiverApp, remoteUnit: receiverUnit } };

export const tester = defineCharm(spec, { endpoints, reconcile });

type TesterJuju = Juju<Spec, typeof endpoints>;

async function reconcile(juju: TesterJuju): Promise<void> {
  const config = await juju.loadConfig(options);
  if (!config.ok) return juju.addStatus(blocked(config.error.message));
  const topology: JujuTopology = {
    model: juju.model.name,
    modelUuid: juju.model.uuid,
    application: juju.app,
    charm: spec.name,
  };
  await sendRules(juju, config.data, topology);
  const receivers = await observeReceivers(juju);
  const trusted = await juju.relations('receive-ca-cert');
  const authorities = await observeAuthorities(trusted, trusted.length > 0 && (await juju.isLeader()));
  const ca = authorities === '' ? undefined : CA_FILE;
  const content = prometheusConfig(config.data, receivers, topology, juju.unit, ca);
  const outcome = await converge(juju.container('prometheus'), {
    label: 'prometheus',
    services: { prometheus: { command: command(config.data), startup: 'enabled' } },
    files: {
      [CONFIG]: { content, readBy: ['prometheus'] },
      [CA_FILE]: { content: authorities, readBy: ['prometheus'] },
    },
  });
  if (outcome.kind === 'unreachable') return juju.addStatus(waiting('for the container'));
  if (outcome.kind === 'failed') return juju.addStatus(blocked(outcome.reason));
  await juju.setPorts([PORT]);
  const urls = receivers.map(({ url }) => url).join(' ');
  juju.addStatus(receivers.length === 0 ? waiting('for a URL to write to') : active(`writes to ${urls}`));
}

function command({ mode }: Options): string {
  const listen = `--web.listen-address=0.0.0.0:${PORT}`;
  const storage =
    mode === 'agent' ? '--agent --storage.agent.path=/prometheus' : '--storage.tsdb.path=/prometheus';
  return `/bin/prometheus --config.file=${CONFIG} ${listen} ${storage}`;
}

async function observeReceivers(juju: TesterJuju): Promise<readonly Receiver[]> {
  const receivers: Receiver[] = [];
  for (const relation of await juju.relations('send-remote-write')) {
    const app = await relation.loadRemoteApp();
    if (!app.ok) juju.addStatus(blocked(app.error.message));
    else if (app.data.event?.errors) juju.addStatus(blocked(`${relation.name}: ${app.data.event.errors}`));
    for (const unit of await relation.units()) {
      const bag = await relation.loadRemoteUnit(unit);
      if (!bag.ok) juju.addStatus(blocked(bag.error.message));
      else if (bag.data.remote_write !== undefined)
        receivers.push({ url: bag.data.remote_write.url, replicaLabels: app.ok ? app.data.ha : undefined });
    }
  }
  return distinct(receivers);
}

async function sendRules(juju: TesterJuju, { 'alert-rules': own }: Options, topology: JujuTopology) {
  const relations = await juju.relations('send-remote-write');
  if (relations.length === 0 || !(await juju.isLeader())) return;
  const peers = await juju.relation('peers');
  const units = [juju.unit, ...((await peers?.units()) ?? [])].toSorted();
  const rules = stableJson(alertRules(own, topology, units));
  for (const relation of relations) await relation.publishApp({ alert_rules: rules });
}
