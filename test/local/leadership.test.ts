/** Leadership of an application while pods come and go: who leads, whom a charm hears it from, and who may write. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ModelStatus } from '../../local/api.ts';
import { TestModel, type TinyCharm, unitStatus } from './tiny-charm.ts';

/** Whoever leads says so in the application's databags, and in a secret that the application owns. */
const CREW: TinyCharm = {
  name: 'crew',
  metadata: `
provides:
  orders: {interface: orders}
peers:
  crew: {interface: crew}
`,
  script: `
status-set active
case "$DISPATCH" in
  hooks/leader-elected|hooks/orders-relation-created) ;;
  *) exit 0 ;;
esac
[ "$(is-leader --format json)" = true ] || exit 0
secret=$(secret-ids | head -1)
if [ -z "$secret" ]; then secret=$(secret-add --owner application word="$JUJU_UNIT_NAME")
else secret-set "$secret" word="$JUJU_UNIT_NAME"; fi
for relation in $(relation-ids crew) $(relation-ids orders); do
  relation-set -r "$relation" --app captain="$JUJU_UNIT_NAME" secret="$secret"
done`,
};
const OTHER: TinyCharm = { name: 'other', metadata: 'requires:\n  orders: {interface: orders}\n' };
const UNITS = ['crew/0', 'crew/1', 'crew/2'] as const;

let model: TestModel;

beforeAll(async () => {
  model = await TestModel.open();
  await model.deploy(CREW, { units: UNITS.length });
  await model.deploy(OTHER);
  await model.client.call('integrate', { endpoints: ['crew:orders', 'other:orders'] });
  await model.settled();
});

afterAll(() => model.destroy());

function leaders(status: ModelStatus): string[] {
  const units = Object.entries(status.applications.crew?.units ?? {});
  return units.filter(([, { leader }]) => leader === true).map(([name]) => name);
}

/** Waits until another unit than this one leads. */
async function successorOf(unit: string): Promise<string> {
  const status = await model.until(`another leader than ${unit}`, (now) => {
    const [leader] = leaders(now);
    return leader !== undefined && leader !== unit;
  });
  return leaders(status)[0] ?? '';
}

/** What all others read of the application's word, wherever it is written. */
async function words(reader: string): Promise<Record<string, string>> {
  const read = (unit: string, command: string) => model.exec(unit, command).then((text) => text.trim());
  return {
    peers: await read(reader, 'relation-get -r $(relation-ids crew) --app captain crew'),
    neighbours: await read('other/0', 'relation-get -r $(relation-ids orders) --app captain crew'),
    secret: await read(
      reader,
      'secret-get --peek $(relation-get -r $(relation-ids crew) --app secret crew) word',
    ),
  };
}

const allSay = (unit: string) => ({ peers: unit, neighbours: unit, secret: unit });
const isLeader = async (unit: string) => (await model.exec(unit, 'is-leader --format json')).trim();
const elections = async (unit: string) =>
  (await model.journal(unit)).filter((entry) => entry === 'hooks/leader-elected').length;

describe('the leadership', () => {
  test('is the first unit`s at first', async () => {
    expect(await words('crew/1')).toEqual(allSay('crew/0'));
  });

  test('stays where it is when the pod of its unit comes back within the lease', async () => {
    await model.client.call('kill-pod', { unit: 'crew/0' });
    await model.heard('crew/0', 'hooks/start', 2);
    const status = await model.settled();
    expect(leaders(status)).toEqual(['crew/0']);
    expect(await Promise.all(UNITS.map(elections))).toEqual([1, 0, 0]);
  });

  test('goes to another unit when a pod is away for longer, and that one writes what is the application`s', async () => {
    await model.client.call('model-config', { values: { 'leadership-lease': '4s' }, reset: [] });
    await model.client.call('hold-pod', { unit: 'crew/0' });
    const next = await successorOf('crew/0');
    await model.heard(next, 'hooks/leader-elected');
    await model.until(`${next} to be idle`, (status) => {
      const unit = status.applications.crew?.units?.[next];
      return unit?.['juju-status'].current === 'idle';
    });
    expect(await words(next)).toEqual(allSay(next));
    const status = await model.client.call('status', {});
    expect(unitStatus(status, 'crew/0')).toMatchObject({
      current: 'unknown',
      message: expect.stringMatching(/^agent lost/),
    });
    expect(status.applications.crew?.units?.['crew/0']?.['juju-status'].current).toBe('lost');
  });

  test('leaves the one that led a follower, which nobody tells, and which is not let write', async () => {
    const [leader = ''] = leaders(await model.client.call('status', {}));
    await model.client.call('release-pod', { unit: 'crew/0' });
    await model.heard('crew/0', 'hooks/start', 3);
    await model.settled();
    expect(await isLeader('crew/0')).toBe('false');
    expect(await elections('crew/0')).toBe(1);
    const write = 'relation-set -r $(relation-ids crew) --app captain=me';
    await expect(model.exec('crew/0', write)).rejects.toThrow('cannot write relation settings');
    const secret = (await model.exec(leader, 'secret-ids')).trim();
    await expect(model.exec('crew/0', `secret-set ${secret} word=mine`)).rejects.toThrow(/exit code/);
    expect(await words('crew/0')).toEqual(allSay(leader));
  });

  test('is never two units`, however often it moves', async () => {
    let asked = 0;
    for (let round = 0; round < 3; round++) {
      const [before = ''] = leaders(await model.client.call('status', {}));
      const others = UNITS.filter((unit) => unit !== before);
      await model.client.call('hold-pod', { unit: before });
      for (let leads = ''; leads === '' || leads === before; asked++) {
        const answers = await Promise.all(others.map(isLeader));
        expect(answers.filter((answer) => answer === 'true').length).toBeLessThan(2);
        const now = leaders(await model.client.call('status', {}));
        expect(now.length).toBeLessThan(2);
        [leads = ''] = now;
      }
      await model.client.call('release-pod', { unit: before });
      await model.settled();
    }
    expect(asked).toBeGreaterThan(3);
    const [leader = ''] = leaders(await model.client.call('status', {}));
    expect(await words('crew/0')).toEqual(allSay(leader));
  });

  test('ends with the unit that has it: a dying one leads to its last hook, and then another', async () => {
    const last = 'crew/2';
    const leads = (status: ModelStatus) => leaders(status).includes(last);
    if (!leads(await model.client.call('status', {}))) {
      for (const unit of ['crew/0', 'crew/1']) await model.client.call('hold-pod', { unit });
      await model.until(`${last} to lead`, leads);
      for (const unit of ['crew/0', 'crew/1']) await model.client.call('release-pod', { unit });
      await model.settled();
    }
    expect(leaders(await model.client.call('status', {}))).toEqual(['crew/2']);
    await model.client.call('remove-unit', { application: 'crew' });
    const next = await successorOf('crew/2');
    await model.heard(next, 'hooks/leader-elected');
    await model.settled();
    expect(await words('crew/0')).toEqual(allSay(next));
  });
});

test('a pod that is not held cannot be released', async () => {
  await expect(model.client.call('release-pod', { unit: 'crew/0' })).rejects.toThrow(
    'the pod of unit "crew/0" is not held',
  );
});
