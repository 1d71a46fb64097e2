/** Mimir's charm with a hundred senders of rules: what it costs when one of them changes, and when none does. */
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { median } from './dispatch.ts';
import type { Model } from './model.ts';
import { type Cost, costOf, countNoTools, countTools, recordHooks } from './recorded-hooks.ts';
import { SENDERS, sentBy } from './rules.ts';

const [UNIT, SENDER] = ['mimir-k8s/0', 'senders/0'];
/** Whose rules change. */
const ONE = 7;
/** Relations that are made before the units are waited for. */
const AT_A_TIME = 10;

/** Publishes in each new relation the rules of its number. */
const DISPATCH = `#!/bin/bash
case "$JUJU_DISPATCH_PATH" in
  hooks/send-*-relation-created) exec relation-set --app --file "all/\${JUJU_RELATION#send-}.json" ;;
esac
`;

const UPDATE_STATUS = 'JUJU_DISPATCH_PATH=hooks/update-status JUJU_HOOK_NAME=update-status ./dispatch';

/** Questions to the ruler's configuration so far. */
const REQUESTS = `exec 3<>"/dev/tcp/$(network-get mimir-peers --bind-address)/9009"
printf 'GET /metrics?name[]=cortex_request_duration_seconds_count HTTP/1.0\\r\\n\\r\\n' >&3
grep -a 'prometheus_config_v1_rules' <&3 | awk '{ sum += $NF } END { print sum + 0 }'`;

export interface RulesUnit {
  /** A hook after one sender has changed one of its groups. */
  readonly changed: Cost;
  /** A hook with nothing to do. */
  readonly quiet: Cost;
  /** To the ruler, in that one. */
  readonly requests: number;
  /** A hook that compares all that the ruler holds, as after a change of leader. */
  readonly everything: Cost;
}

/** The model has an active Mimir on a bucket. */
export async function rulesUnit(model: Model, folder: string, rounds: number): Promise<RulesUnit> {
  await model.juju('deploy', await sendersCharm(join(folder, 'senders')));
  for (let i = 0; i < SENDERS; i++) {
    await model.juju('integrate', 'mimir-k8s:receive-remote-write', `senders:send-${i}`);
    if (i % AT_A_TIME === AT_A_TIME - 1) await model.settled();
  }
  await recordHooks(model, UNIT);
  const change = (version: 'all' | 'changed') => () =>
    model.exec(SENDER, `relation-set -r "$(relation-ids send-${ONE})" --app --file ${version}/${ONE}.json`);
  const costOfChange = (version: 'all' | 'changed') =>
    costOf(model, UNIT, 'receive-remote-write-relation-changed', change(version));
  const costOfUpdate = (before: string) =>
    costOf(model, UNIT, 'update-status', () => model.exec(UNIT, before + UPDATE_STATUS));
  const doubt = 'rm -f sender-rules; ';

  await countTools(model, UNIT);
  const processes = {
    changed: (await costOfChange('changed')).processes,
    quiet: (await costOfUpdate('')).processes,
    everything: (await costOfUpdate(doubt)).processes,
  };
  await countNoTools(model, UNIT);
  const times = { changed: [] as number[], quiet: [] as number[], everything: [] as number[] };
  let requests = 0;
  for (let round = 0; round < rounds; round++) {
    times.changed.push((await costOfChange(round % 2 === 0 ? 'all' : 'changed')).milliseconds);
    const before = Number(await model.exec(UNIT, REQUESTS));
    times.quiet.push((await costOfUpdate('')).milliseconds);
    requests += Number(await model.exec(UNIT, REQUESTS)) - before;
    times.everything.push((await costOfUpdate(doubt)).milliseconds);
  }
  const cost = (of: keyof typeof times): Cost => ({
    processes: processes[of],
    milliseconds: median(times[of]),
  });
  return { changed: cost('changed'), quiet: cost('quiet'), everything: cost('everything'), requests };
}

/** One application with a hundred endpoints, which is a hundred senders for the other side. */
async function sendersCharm(folder: string): Promise<string> {
  const endpoints = Array.from(
    { length: SENDERS },
    (_, i) => `  send-${i}: {interface: prometheus_remote_write}\n`,
  );
  for (const version of ['all', 'changed']) {
    await mkdir(join(folder, version), { recursive: true });
    for (let i = 0; i < SENDERS; i++) {
      const bag = { alert_rules: sentBy(i, version === 'changed' ? i % 20 : undefined) };
      await writeFile(join(folder, version, `${i}.json`), JSON.stringify(bag));
    }
  }
  const about = 'name: senders\nsummary: a hundred senders\ndescription: a hundred senders\n';
  await writeFile(join(folder, 'metadata.yaml'), `${about}requires:\n${endpoints.join('')}`);
  await writeFile(join(folder, 'dispatch'), DISPATCH);
  await chmod(join(folder, 'dispatch'), 0o755);
  return folder;
}
