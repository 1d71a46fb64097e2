import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ModelError } from '../../local/client.ts';
import { stateful, TestModel, type TinyCharm, unitStatus } from './tiny-charm.ts';

let model: TestModel;

beforeAll(async () => {
  // Longer than a Unix socket's path may be.
  model = await TestModel.open(join('a-folder-with-a-long-name'.repeat(4), 'model'));
});

afterAll(async () => {
  await model.destroy();
});

describe('a unit on its way up', () => {
  test('runs the first hooks in the order of Juju on Kubernetes', async () => {
    await model.deploy(stateful, { units: 2 });
    await model.settled();
    const first = await model.heard('stateful/0', 'hooks/web-pebble-ready');
    expect(first.slice(0, 6)).toEqual([
      'hooks/install',
      'hooks/cluster-relation-created stateful',
      'hooks/leader-elected',
      'hooks/data-storage-attached',
      'hooks/config-changed',
      'hooks/start',
    ]);
    const joined = first.indexOf('hooks/cluster-relation-joined stateful/1');
    expect(first[joined + 1]).toBe('hooks/cluster-relation-changed stateful/1');
    const second = await model.journal('stateful/1');
    expect(second).not.toContain('hooks/leader-elected');
    expect(second.slice(0, 3)).toEqual([
      'hooks/install',
      'hooks/cluster-relation-created stateful',
      'hooks/data-storage-attached',
    ]);
  });

  test('is shown by status as juju shows it', async () => {
    const status = await model.settled();
    expect(status.applications.stateful).toMatchObject({
      charm: 'local:stateful-0',
      scale: 2,
      version: '1.2.3',
      'application-status': { current: 'active' },
      units: {
        'stateful/0': {
          leader: true,
          'workload-status': { current: 'active' },
          'juju-status': { current: 'idle' },
          'open-ports': ['38813/tcp'],
        },
        'stateful/1': { 'provider-id': 'stateful-1' },
      },
    });
    expect(status.applications.stateful?.units?.['stateful/1']).not.toHaveProperty('leader');
  });

  test("gives hooks Juju's environment and nothing of this machine's", async () => {
    process.env.NOT_FOR_CHARMS = 'leaked';
    const env = await model.exec('stateful/0', 'env; pwd');
    expect(env).toContain('JUJU_UNIT_NAME=stateful/0\n');
    expect(env).toContain('JUJU_MODEL_NAME=testing\n');
    expect(env).toContain('JUJU_VERSION=3.6.14\n');
    expect(env).toContain('/var/lib/juju/agents/unit-stateful-0/charm\n');
    expect(env).not.toContain('NOT_FOR_CHARMS');
    expect(env).not.toMatch(/^HOME=/m);
  });

  test('sees its storage in the charm container and in the workload container', async () => {
    await model.ssh('stateful/0', 'web', ['/bin/sh', '-c', 'cat > /data/note'], 'kept');
    expect(await model.exec('stateful/0', 'cat "$(storage-get -s $(storage-list) location)/note"')).toBe(
      'kept',
    );
    expect(await model.exec('stateful/1', 'ls /srv/data')).toBe('');
  });
});

describe('the network', () => {
  test('resolves units and services by their cluster names', async () => {
    const ask = (name: string) => model.exec('stateful/0', `getent hosts ${name} | cut -d' ' -f1`);
    const { applications } = await model.client.call('status', {});
    const address = applications.stateful?.units?.['stateful/1']?.address;
    expect(await ask('stateful-1.stateful-endpoints.testing.svc.cluster.local')).toBe(`${address}\n`);
    expect(await ask('stateful-1.stateful-endpoints')).toBe(`${address}\n`);
    expect(await ask('stateful.testing.svc.cluster.local')).toBe(`${applications.stateful?.address}\n`);
    expect(await model.exec('stateful/0', 'hostname')).toBe('stateful-0\n');
  });

  // Each pod's own Pebble answers on port 38813, with a boot id that tells the pods apart.
  const ask = (host: string) =>
    `exec 3<>/dev/tcp/${host}/38813 && printf 'GET /v1/system-info HTTP/1.0\\r\\n\\r\\n' >&3 && grep -o 'boot-id":"[^"]*' <&3`;

  test('lets two units listen on the same port, and a service spreads connections over them', async () => {
    const units = [
      await model.exec('stateful/0', ask('stateful-0.stateful-endpoints')),
      await model.exec('stateful/0', ask('stateful-1.stateful-endpoints')),
    ];
    expect(new Set(units).size).toBe(2);
    const seen = new Set<string>();
    while (seen.size < 2) {
      const answer = await model.exec('stateful/0', `${ask('stateful')} || true`);
      if (answer !== '') seen.add(answer);
    }
    expect([...seen].sort()).toEqual(units.sort());
  });

  test('is reached from outside through forward', async () => {
    const connection = await model.client.forward({ target: 'stateful/1', port: 38813 });
    connection.write('GET /v1/system-info HTTP/1.0\r\n\r\n');
    let answer = '';
    for await (const chunk of connection) answer += chunk;
    const bootId = /boot-id":"[^"]*/.exec(answer)?.[0];
    expect(`${bootId}\n`).toBe(await model.exec('stateful/1', ask('localhost')));
  });

  test('passes the exit code of a command in a container on', async () => {
    await expect(model.ssh('stateful/0', 'web', ['/bin/sh', '-c', 'echo why >&2; exit 3'])).rejects.toThrow(
      'exit code 3: why',
    );
  });
});

const shop: TinyCharm = {
  name: 'shop',
  metadata: 'provides:\n  sale: {interface: goods}\n',
  config: 'options:\n  price: {type: int, default: 1}\n  fail: {type: boolean, default: false}\n',
  script: `
case "$DISPATCH" in
  hooks/sale-relation-created)
    relation-set "price=$(config-get price)"
    if is-leader --format json | grep -q true; then relation-set --app shop=open; fi ;;
  hooks/config-changed)
    for id in $(relation-ids sale); do
      relation-set -r "$id" "price=$(config-get price)"
    done
    state-set "price=$(config-get price)"
    status-set maintenance "price $(config-get price)"
    if [ "$(config-get fail)" = True ]; then echo "cannot sell" >&2; exit 7; fi
    status-set active ;;
esac`,
};

const buyer: TinyCharm = {
  name: 'buyer',
  metadata: 'requires:\n  buy: {interface: goods}\n  other: {interface: other, limit: 1}\n',
  script: `
case "$DISPATCH" in
  hooks/buy-relation-*)
    juju-log "members: $(relation-list | tr '\\n' ' ')"
    juju-log "ids: $(relation-ids buy)"
    if [ -n "\${JUJU_REMOTE_UNIT:-}" ]; then juju-log "price: $(relation-get price || true)"; fi
    if [ "$DISPATCH" = hooks/buy-relation-broken ]; then juju-log "still: $(relation-get --app shop shop)"; fi ;;
esac`,
};

async function said(unit: string, about: string): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of model.client.debugLog({ limit: null, include: [unit] })) {
    const match = new RegExp(`juju-log (?:\\S+:\\d+: )?${about}: ?(.*)$`).exec(line);
    if (match?.[1] !== undefined) lines.push(match[1].trim());
  }
  return lines;
}

describe('a relation', () => {
  test('tells the other side in order: created, application data, each unit joined and changed', async () => {
    await model.deploy(shop);
    await model.deploy(buyer);
    await model.settled();
    const made = await model.client.call('integrate', { endpoints: ['buyer', 'shop'] });
    expect(made.interface).toBe('goods');
    await model.settled();
    const journal = await model.journal('buyer/0');
    const life = journal.filter((entry) => entry.startsWith('hooks/buy-relation'));
    expect(life[0]).toBe('hooks/buy-relation-created shop');
    expect(life).toContain('hooks/buy-relation-changed shop');
    const joined = life.indexOf('hooks/buy-relation-joined shop/0');
    expect(life.slice(joined, joined + 2)).toEqual([
      'hooks/buy-relation-joined shop/0',
      'hooks/buy-relation-changed shop/0',
    ]);
    expect(await said('buyer/0', 'price')).toEqual(['1', '1']);
  });

  test('shows its databags in show-unit', async () => {
    const shown = await model.client.call('show-unit', { units: ['buyer/0'] });
    expect(shown['buyer/0']).toMatchObject({
      leader: true,
      'relation-info': [
        {
          endpoint: 'buy',
          'related-endpoint': 'sale',
          'application-data': { shop: 'open' },
          'related-units': { 'shop/0': { 'in-scope': true, data: { price: '1' } } },
        },
      ],
    });
  });

  test('says changed once for each real change, and not at all for a write of the same value', async () => {
    const before = (await model.journal('buyer/0')).length;
    await model.client.call('set-config', { application: 'shop', values: { price: '2' } });
    await model.heard('buyer/0', 'hooks/buy-relation-changed shop/0', 2);
    await model.client.call('set-config', { application: 'shop', values: { price: '2' } });
    await model.settled();
    expect((await model.journal('buyer/0')).slice(before)).toEqual(['hooks/buy-relation-changed shop/0']);
    expect((await said('buyer/0', 'price')).at(-1)).toBe('2');
  });

  test('cannot be made twice, nor where nothing fits', async () => {
    const integrate = (a: string, b: string) => model.client.call('integrate', { endpoints: [a, b] });
    await expect(integrate('shop:sale', 'buyer:buy')).rejects.toThrow(
      'relation shop:sale buyer:buy already exists',
    );
    await expect(integrate('shop', 'stateful')).rejects.toThrow('no relations found');
    await expect(integrate('shop', 'nobody')).rejects.toThrow('application "nobody" not found');
    await expect(integrate('shop:wrong', 'buyer')).rejects.toThrow(
      'application "shop" has no "wrong" relation',
    );
  });

  test('ends with departed and broken, and its data can be read until then', async () => {
    const before = (await model.journal('buyer/0')).length;
    await model.client.call('remove-relation', { endpoints: ['buyer', 'shop'] });
    await model.settled();
    expect((await model.journal('buyer/0')).slice(before)).toEqual([
      'hooks/buy-relation-departed shop/0 shop/0',
      'hooks/buy-relation-broken shop',
    ]);
    expect((await said('buyer/0', 'members')).slice(-2)).toEqual(['', '']);
    expect((await said('buyer/0', 'ids')).at(-1)).toBe('');
    expect(await said('buyer/0', 'still')).toEqual(['open']);
    const { applications } = await model.client.call('status', {});
    expect(applications.shop?.relations).toEqual({});
  });
});

describe('a hook that fails', () => {
  test('changes nothing but what takes effect at once, and shows as an error', async () => {
    await model.client.call('integrate', { endpoints: ['buyer', 'shop'] });
    await model.settled();
    await model.client.call('set-config', { application: 'shop', values: { price: '3', fail: 'true' } });
    const status = await model.until('an error', (now) => unitStatus(now, 'shop/0')?.current === 'error');
    expect(unitStatus(status, 'shop/0')?.message).toBe('hook failed: "config-changed"');
    expect(await model.exec('shop/0', 'state-get price; status-get')).toBe('2\nmaintenance\n');
    const { 'shop/0': shown } = await model.client.call('show-unit', { units: ['shop/0'] });
    expect(shown).toMatchObject({ 'relation-info': [{ 'local-unit': { data: { price: '2' } } }] });
  });

  test('is run again on its own, and its unit goes on when the cause is gone', async () => {
    await model.client.call('set-config', { application: 'shop', values: { fail: 'false' } });
    await model.until('the end of the error', (now) => unitStatus(now, 'shop/0')?.current === 'active');
    await model.settled();
    expect(await model.exec('shop/0', 'state-get price')).toBe('3\n');
    expect((await said('buyer/0', 'price')).at(-1)).toBe('3');
  });

  test('waits for an operator when told so: resolved runs it again, or takes it as run', async () => {
    await model.client.call('model-config', { values: { 'automatically-retry-hooks': 'false' } });
    await model.client.call('set-config', { application: 'shop', values: { price: '4', fail: 'true' } });
    await model.until('an error', (now) => unitStatus(now, 'shop/0')?.current === 'error');
    const runs = (await model.journal('shop/0')).filter((entry) => entry === 'hooks/config-changed').length;
    await model.client.call('resolved', { units: ['shop/0'] });
    await model.heard('shop/0', 'hooks/config-changed', runs + 1);
    await model.until('an error again', (now) => unitStatus(now, 'shop/0')?.current === 'error');
    await model.client.call('resolved', { units: ['shop/0'], retry: false });
    await model.until('no error', (now) => unitStatus(now, 'shop/0')?.current === 'maintenance');
    expect(await model.exec('shop/0', 'state-get price')).toBe('3\n');
    await expect(model.client.call('resolved', { units: ['shop/0'] })).rejects.toThrow(
      'unit "shop/0" is not in an error state',
    );
    await model.client.call('model-config', { reset: ['automatically-retry-hooks'] });
    await model.client.call('set-config', { application: 'shop', values: { fail: 'false' } });
    await model.settled();
  });
});

describe('configuration', () => {
  test("is refused in Juju's words when a value does not fit", async () => {
    const set = (values: Record<string, string>) =>
      model.client.call('set-config', { application: 'shop', values });
    await expect(set({ price: 'cheap' })).rejects.toThrow('option "price" expected int, got "cheap"');
    await expect(set({ colour: 'red' })).rejects.toThrow('unknown option "colour"');
    await expect(set({ colour: 'red' })).rejects.toBeInstanceOf(ModelError);
    const { settings } = await model.client.call('get-config', { application: 'shop' });
    expect(settings.price).toEqual({ default: 1, source: 'user', type: 'int', value: 4 });
  });
});

const worker: TinyCharm = {
  name: 'worker',
  actions: `
greet:
  description: says hello
  params:
    name: {type: string}
    times: {type: integer, default: 2, minimum: 1}
  required: [name]
  additionalProperties: false
break: {}
crash: {}
`,
  script: `
case "$DISPATCH" in
  actions/greet)
    action-log "first of $(action-get times)"
    action-log "second"
    echo "on stdout"
    action-set "greeting.text=hello $(action-get name)" ;;
  actions/break) state-set broke=yes; action-fail "it is broken" ;;
  actions/crash) state-set crashed=yes; exit 4 ;;
esac`,
};

describe('an action', () => {
  test('gets its parameters with defaults, logs as it goes, and gives results', async () => {
    await model.deploy(worker);
    await model.settled();
    const { tasks } = await model.client.call('run', {
      units: ['worker/leader'],
      action: 'greet',
      params: { name: 'Ann' },
    });
    const log: string[] = [];
    const task = await model.client.waitTask(tasks[0]?.id ?? '', (line) => log.push(line.message));
    expect(task).toMatchObject({
      unit: 'worker/0',
      status: 'completed',
      results: { greeting: { text: 'hello Ann' }, 'return-code': 0, stdout: 'on stdout\n' },
    });
    expect(log).toEqual(['first of 2', 'second']);
  });

  test('is refused before it runs when a parameter is wrong', async () => {
    const run = (action: string, params: Record<string, unknown>) =>
      model.client.call('run', { units: ['worker/0'], action, params });
    await expect(run('greet', {})).rejects.toThrow("must have required property 'name'");
    await expect(run('greet', { name: 'Ann', times: 0 })).rejects.toThrow('times');
    await expect(run('greet', { name: 'Ann', tmies: 1 })).rejects.toThrow('tmies');
    await expect(run('gret', {})).rejects.toThrow('action "gret" not defined on unit "worker/0"');
  });

  test('that calls action-fail commits, one that crashes does not', async () => {
    const run = async (action: string) => {
      const { tasks } = await model.client.call('run', { units: ['worker/0'], action });
      return model.client.waitTask(tasks[0]?.id ?? '');
    };
    expect(await run('break')).toMatchObject({ status: 'failed', message: 'it is broken' });
    expect(await run('crash')).toMatchObject({
      status: 'failed',
      message: 'exit status 4',
      results: { 'return-code': 4 },
    });
    expect(JSON.parse(await model.exec('worker/0', 'state-get --format json'))).toEqual({ broke: 'yes' });
  });
});

describe('scale', () => {
  test('up: a new unit comes with its own hooks, the others see it join', async () => {
    await model.client.call('scale-application', { application: 'stateful', scale: 3 });
    await model.heard('stateful/0', 'hooks/cluster-relation-changed stateful/2');
    await model.heard('stateful/2', 'hooks/web-pebble-ready');
    const status = await model.settled();
    expect(Object.keys(status.applications.stateful?.units ?? {})).toEqual([
      'stateful/0',
      'stateful/1',
      'stateful/2',
    ]);
  });

  test('down: the highest unit detaches, sees its peers off, stops and is removed', async () => {
    const going = model.journal('stateful/2').then((journal) => journal.length);
    const staying = (await model.journal('stateful/0')).length;
    const before = await going;
    await model.client.call('scale-application', { application: 'stateful', scale: 2 });
    await model.until(
      'stateful/2 to be gone',
      (now) => now.applications.stateful?.units?.['stateful/2'] === undefined,
    );
    expect((await model.journal('stateful/2')).slice(before)).toEqual([
      'hooks/data-storage-detaching',
      'hooks/cluster-relation-departed stateful/0 stateful/2',
      'hooks/cluster-relation-departed stateful/1 stateful/2',
      'hooks/stop',
      'hooks/remove',
    ]);
    await model.settled();
    expect((await model.journal('stateful/0')).slice(staying)).toEqual([
      'hooks/cluster-relation-departed stateful/2 stateful/2',
    ]);
  });

  test('to nothing: removing an application breaks its relations on both sides', async () => {
    const before = {
      shop: (await model.journal('shop/0')).length,
      buyer: (await model.journal('buyer/0')).length,
    };
    await model.client.call('remove-application', { application: 'shop' });
    await model.until('shop to be gone', (now) => now.applications.shop === undefined);
    await model.settled();
    expect((await model.journal('shop/0')).slice(before.shop)).toEqual([
      'hooks/sale-relation-departed buyer/0 shop/0',
      'hooks/sale-relation-broken buyer',
      'hooks/stop',
      'hooks/remove',
    ]);
    expect((await model.journal('buyer/0')).slice(before.buyer)).toEqual([
      'hooks/buy-relation-departed shop/0 shop/0',
      'hooks/buy-relation-broken shop',
    ]);
  });
});

const vault: TinyCharm = {
  name: 'vault',
  config: 'options:\n  key: {type: secret}\n',
  script: `
case "$DISPATCH" in
  hooks/config-changed)
    if [ -n "$(config-get key)" ]; then juju-log "key: $(secret-get "$(config-get key)" password)"; fi ;;
  hooks/secret-changed) juju-log "new key: $(secret-get "$JUJU_SECRET_ID" --refresh password)" ;;
esac`,
};

describe("an operator's secret", () => {
  test('is read by the application it was granted to, which hears of each new revision', async () => {
    await model.deploy(vault);
    await model.settled();
    const { uri } = await model.client.call('add-secret', {
      name: 'door',
      content: { password: 'open sesame' },
    });
    await model.client.call('grant-secret', { secret: 'door', applications: ['vault'] });
    await model.client.call('set-config', { application: 'vault', values: { key: uri } });
    await model.heard('vault/0', 'hooks/config-changed', 2);
    await model.settled();
    expect(await said('vault/0', 'key')).toEqual(['open sesame']);
    await model.client.call('update-secret', { secret: 'door', content: { password: 'open barley' } });
    await model.heard('vault/0', 'hooks/secret-changed');
    await model.settled();
    expect(await said('vault/0', 'new key')).toEqual(['open barley']);
  });
});
