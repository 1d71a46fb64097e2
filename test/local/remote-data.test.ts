/**
 * A packed charm with relations in the model: it asks Juju for a databag of another after an event of that relation,
 * and for none while nothing happens there. Its hooks fail and are killed on the way.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { packedCharm, plainCharm } from '../bench/charms.ts';
import { TestModel } from '../support/local-model.ts';

const UNIT = 'feeds-k8s/0';

let model: TestModel;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'remote-data-'));
  model = await TestModel.start();
  await model.client.call('deploy', { charm: plainCharm('source') });
  await model.client.call('deploy', { charm: await packedCharm('feeds', folder) });
  for (const i of [0, 1]) {
    await model.integrate(['feeds-k8s:feed', `source-k8s:source-${i}`]);
    await model.untilUnit(UNIT, 'active', new RegExp(`^${i + 1} sources$`));
  }
  await model.exec(UNIT, SPY);
});

afterAll(async () => {
  await model[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/**
 * Each dispatch notes the databags that it asks for, by relation, in `asked`: a line for each hook. With a file `kill`
 * in place the first relation-get of a hook kills the charm.
 */
const SPY = `mv dispatch dispatch.real
mkdir -p spies
cat > spies/relation-get <<'END'
#!/bin/bash
[ -e "$JUJU_CHARM_DIR/kill" ] && rm "$JUJU_CHARM_DIR/kill" && kill -9 $PPID
for word; do [[ $word == feed:* ]] && echo "\${word#feed:}" >> "$JUJU_CHARM_DIR/calls"; done
PATH=\${PATH#*:} exec relation-get "$@"
END
cat > dispatch <<'END'
#!/bin/bash
cd "\${0%/*}" || exit
rm -f calls; touch calls
PATH=$PWD/spies:$PATH ./dispatch.real
code=$?
echo "\${JUJU_DISPATCH_PATH#hooks/} $code $(sort -u calls | tr '\\n' ' ')" >> asked
exit $code
END
chmod +x dispatch spies/relation-get`;

/** What hooks have asked for since somebody looked last, once `last` has run so often. */
async function asked(last: string, times = 1): Promise<readonly string[]> {
  let lines: readonly string[] = [];
  await model.until(`${UNIT} to have run ${last}`, (status) => {
    const unit = status.applications['feeds-k8s']?.units?.[UNIT];
    return unit?.['juju-status'].current === 'idle';
  });
  for (const end = Date.now() + 60_000; Date.now() < end; ) {
    lines = (await model.exec(UNIT, 'touch asked; cat asked')).trim().split('\n');
    if (lines.filter((line) => line.startsWith(`${last} `)).length >= times) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await model.exec(UNIT, 'rm asked');
  return lines.map((line) => line.trim());
}

const greet = (greeting: string) =>
  model.client.call('set-config', { application: 'feeds-k8s', values: { greeting }, reset: [] });
const move = (source: number, address: string) =>
  model.exec('source-k8s/0', `relation-set -r "$(relation-ids source-${source})" address=${address}`);

/** Ids of the two relations, as the unit's files are named. */
async function relations(): Promise<readonly [string, string]> {
  const [first = '', second = ''] = (await model.exec(UNIT, 'relation-ids feed'))
    .trim()
    .split('\n')
    .map((name) => name.replace('feed:', ''))
    .toSorted((a, b) => Number(a) - Number(b));
  return [first, second];
}

test('nothing is asked for while nothing happens, and then the databags of one relation', async () => {
  const [first, second] = await relations();
  await greet('good morning');
  expect(await asked('config-changed')).toEqual(['config-changed 0']);
  await move(0, '10.0.0.1');
  expect(await asked('feed-relation-changed')).toEqual([`feed-relation-changed 0 ${first}`]);
  expect(await model.exec(UNIT, `cat .charmwright-remote/${first}.json`)).toContain('10.0.0.1');
  const modes = await model.exec(UNIT, 'stat -c "%a" .charmwright-remote .charmwright-remote/*');
  expect(modes.trim().split('\n')).toEqual(['700', '600', '600']);
  expect(await model.exec(UNIT, 'ls .charmwright-remote')).toBe(`${first}.json\n${second}.json\n`);
});

test('a hook that is killed has forgotten, and reads again when it is run again', async () => {
  const [first] = await relations();
  await model.exec(UNIT, 'touch kill');
  await move(0, '10.0.0.2');
  const [killed, again] = await asked('feed-relation-changed', 2);
  expect(killed).toMatch(/^feed-relation-changed 137/); // its other questions may have been on their way
  expect(again).toBe(`feed-relation-changed 0 ${first}`);
  expect(await model.exec(UNIT, `cat .charmwright-remote/${first}.json`)).toContain('10.0.0.2');
});

test('a relation that breaks takes what was remembered along; the other is not asked about', async () => {
  const [first, second] = await relations();
  await model.separate(['feeds-k8s:feed', 'source-k8s:source-0']);
  const lines = await asked('feed-relation-broken');
  expect(lines.at(-1)).toBe('feed-relation-broken 0');
  expect(lines.join()).not.toContain(` ${second}`);
  expect(await model.exec(UNIT, 'ls .charmwright-remote')).toBe(`${second}.json\n`);
  expect(first).not.toBe(second);
  await model.untilUnit(UNIT, 'active', /^1 sources$/);
});

test('at upgrade-charm everything is read again', async () => {
  const [second] = await relations();
  await model.exec(UNIT, 'JUJU_DISPATCH_PATH=hooks/upgrade-charm JUJU_HOOK_NAME=upgrade-charm ./dispatch');
  expect(await asked('upgrade-charm')).toEqual([`upgrade-charm 0 ${second}`]);
});
