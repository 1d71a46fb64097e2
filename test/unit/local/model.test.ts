import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadCharmSpec } from 'charmwright/juju';
import { describe, expect, test } from 'vitest';
import { parseSettings } from '../../../local/model/config-values.ts';
import { checkModelConfig, parseInterval } from '../../../local/model/model-config.ts';
import { findRelation, integrate } from '../../../local/model/relations.ts';
import { addUserSecret, findSecret, grantUserSecret, secretView } from '../../../local/model/secrets.ts';
import { modelStatus } from '../../../local/model/status-report.ts';
import { Store, StoreError } from '../../../local/model/store.ts';
import { checkParams } from '../../../local/model/tasks.ts';
import { unitView } from '../../../local/model/view.ts';
import { hostsFile } from '../../../local/network/hosts.ts';
import { Simulation } from './simulation.ts';

const SERVER = `
name: server
provides:
  http: {interface: http}
  metrics: {interface: http}
peers:
  ring: {interface: server_ring}
`;
const CLIENT = `
name: client
requires:
  upstream: {interface: http, limit: 1}
`;

function world(): Simulation {
  const simulation = new Simulation();
  simulation.deploy(SERVER, { units: 2 });
  simulation.deploy(CLIENT);
  simulation.settle();
  return simulation;
}

describe('deploy', () => {
  const TWO_IMAGES = `
name: two
containers:
  main: {resource: main-image}
  helper: {resource: helper-image}
resources:
  main-image: {type: oci-image}
  helper-image: {type: oci-image}
`;

  test('wants an image, as Juju does', () => {
    expect(() => new Simulation().deploy(TWO_IMAGES)).toThrow(
      'local charm missing OCI images for: helper-image, main-image; add --resource helper-image=FOLDER',
    );
  });

  test('a container without one has the programs of this machine when another was given', () => {
    const simulation = new Simulation();
    simulation.deploy(TWO_IMAGES, { resources: { 'main-image': '/images/main' } });
    expect(simulation.model.applications.two?.resources).toEqual({
      'main-image': '/images/main',
      'helper-image': 'none',
    });
  });
});

describe('integrate', () => {
  test('asks which endpoints are meant when more than one pair fits', () => {
    const { model } = world();
    expect(() => integrate(model, ['client', 'server'])).toThrow(
      'ambiguous relation: "client server" could refer to "server:http client:upstream"; "server:metrics client:upstream"',
    );
    expect(integrate(model, ['client', 'server:http']).ends[0]).toEqual({
      application: 'server',
      endpoint: 'http',
    });
  });

  test("keeps to an endpoint's limit", () => {
    const { model } = world();
    integrate(model, ['client', 'server:http']);
    expect(() => integrate(model, ['client', 'server:metrics'])).toThrow(
      'establishing a new relation for client:upstream would exceed its maximum relation limit of 1',
    );
  });

  test('is undone by naming the same ends, in any order', () => {
    const { model } = world();
    const { id } = integrate(model, ['client', 'server:http']);
    expect(findRelation(model, ['server', 'client:upstream']).id).toBe(id);
    expect(() => findRelation(model, ['server:metrics', 'client'])).toThrow(
      'relation "server:metrics client" not found',
    );
  });
});

describe('config values', () => {
  const spec = loadCharmSpec({
    metadata: 'name: a\nsummary: s\ndescription: d\n',
    config:
      'options: {n: {type: int}, f: {type: float}, b: {type: boolean}, s: {type: string}, k: {type: secret}}',
  });
  const parse = (values: Record<string, string>) => parseSettings(JSON.parse(JSON.stringify(spec)), values);

  test('are parsed by their option, as Go does', () => {
    expect(parse({ n: '-3', f: '1e3', b: 'T', s: '5', k: 'secret:abc' })).toEqual({
      n: -3,
      f: 1000,
      b: true,
      s: '5',
      k: 'secret:abc',
    });
  });

  test.each([
    ['n', '1.5', 'int'],
    ['f', 'much', 'float'],
    ['b', 'yes', 'boolean'],
    ['k', 'abc', 'secret'],
  ])('%s=%s is refused', (option, value, type) => {
    expect(() => parse({ [option]: value })).toThrow(`option "${option}" expected ${type}, got "${value}"`);
  });
});

describe('action parameters', () => {
  const action = {
    params: {
      size: { type: 'integer', minimum: 0, exclusiveMinimum: true, default: 5 },
      name: { type: 'string' },
    },
    required: ['name'],
    additionalProperties: false,
  };

  test('get their defaults', () => {
    expect(checkParams('grow', action, { name: 'x' })).toEqual({ name: 'x', size: 5 });
  });

  test('are read by the rules of draft 4, and all faults are told at once', () => {
    expect(() => checkParams('grow', action, { size: 0, other: 1 })).toThrow(
      /required property 'name'.*must NOT have additional properties "other".*size: must be > 0/,
    );
  });
});

describe('model config', () => {
  test('reads durations as Go writes them', () => {
    expect(parseInterval('1h30m')).toBe(5_400_000);
    expect(parseInterval('500ms')).toBe(500);
    expect(parseInterval('soon')).toBeUndefined();
  });

  test('knows only keys that mean something here', () => {
    expect(() => checkModelConfig({ 'update-status-hook-interval': 'soon' })).toThrow('expected a duration');
    expect(() => checkModelConfig({ colour: 'red' })).toThrow('key "colour" is not defined');
  });
});

describe('the view of a unit', () => {
  test('has no data of a relation it has not entered, and only members it was told of', () => {
    const simulation = new Simulation();
    simulation.deploy(SERVER, { units: 2 });
    const before = unitView(simulation.model, 'server/0', { resources: {} });
    expect(before.relations).toMatchObject([{ endpoint: 'ring', entered: false, members: [] }]);
    simulation.settle();
    const after = unitView(simulation.model, 'server/0', { resources: {} });
    expect(after.relations).toMatchObject([{ entered: true, members: ['server/1'], remoteApp: 'server' }]);
  });

  test('counts a joining unit as a member already, and a departing one no more', () => {
    const { model } = world();
    const about = { endpoint: 'ring', relationId: 0, remoteApp: 'server', remoteUnit: 'server/1' };
    const members = (hook: Parameters<typeof unitView>[2]['hook']) =>
      unitView(model, 'server/0', { resources: {}, ...(hook === undefined ? {} : { hook }) }).relations[0]
        ?.members;
    expect(members({ kind: 'relation-departed', ...about, departingUnit: 'server/1' })).toEqual([]);
    delete model.applications.server?.units['server/0']?.agent.relations[0]?.members['server/1'];
    expect(members(undefined)).toEqual([]);
    expect(members({ kind: 'relation-joined', ...about })).toEqual(['server/1']);
  });

  test("shows a user's secret only to whom it was granted", () => {
    const { model } = world();
    const uri = addUserSecret(model, { name: 'key', content: { password: 'p' } }, '2026-01-01T00:00:00Z');
    const readable = (unit: string) => secretView(model, findSecret(model, uri), unit)?.readable;
    expect(readable('client/0')).toBe(false);
    grantUserSecret(model, 'key', ['client'], true);
    expect(readable('client/0')).toBe(true);
    expect(readable('server/0')).toBe(false);
    expect(() => addUserSecret(model, { name: 'key', content: { password: 'p' } }, '')).toThrow(
      'already exists',
    );
    expect(() => addUserSecret(model, { name: 'other', content: { p: 'x' } }, '')).toThrow(
      'key "p" not valid',
    );
  });
});

describe('status', () => {
  test("of an application is its units' worst until the leader sets one", () => {
    const { model } = world();
    const set = (unit: string, current: string) => {
      const found = model.applications.server?.units[unit];
      if (found !== undefined)
        found.workloadStatus = { current, message: unit, since: '2026-01-01T00:00:00Z' };
    };
    const status = () =>
      modelStatus(model, '3.6.14', '', () => false).applications.server?.['application-status'].current;
    set('server/0', 'active');
    set('server/1', 'blocked');
    expect(status()).toBe('blocked');
    const server = model.applications.server;
    if (server !== undefined)
      server.status = { current: 'active', message: '', since: '2026-01-01T00:00:00Z' };
    expect(status()).toBe('active');
  });
});

describe('the hosts file', () => {
  test('names every unit and service of the model, and the unit itself by its host name', () => {
    const { model } = world();
    const file = hostsFile(model, 'server/1');
    const server = model.applications.server;
    expect(file).toContain(`${server?.address} server.testing.svc.cluster.local server.testing.svc `);
    expect(file).toContain(
      `${server?.units['server/0']?.address} server-0.server-endpoints.testing.svc.cluster.local`,
    );
    expect(file).toMatch(/server-endpoints server-1$/m);
    expect(file).not.toMatch(/server-endpoints server-0$/m);
  });
});

describe('the store', () => {
  test('finds what was there, and keeps nothing of a transition that threw', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'store-'));
    try {
      const store = await Store.open(dir, 'model.json', 'testing');
      store.update((model) => {
        model.config['juju-http-proxy'] = 'http://proxy';
      });
      expect(() =>
        store.update((model) => {
          model.config['juju-http-proxy'] = 'lost';
          throw new Error('refused');
        }),
      ).toThrow('refused');
      await store.flushed();
      const again = await Store.open(dir, 'model.json', 'other');
      expect(again.model).toEqual(store.model);
      expect(again.model).toMatchObject({ name: 'testing', config: { 'juju-http-proxy': 'http://proxy' } });
    } finally {
      await rm(dir, { recursive: true });
    }
  });

  test('reads a whole model back as it was written', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'store-'));
    try {
      const { model } = world();
      await writeFile(join(dir, 'model.json'), JSON.stringify(model));
      const store = await Store.open(dir, 'model.json', 'testing');
      expect(JSON.parse(await readFile(join(dir, 'model.json'), 'utf8'))).toEqual(
        JSON.parse(JSON.stringify(model)),
      );
      expect(store.model).toEqual(JSON.parse(JSON.stringify(model)));
    } finally {
      await rm(dir, { recursive: true });
    }
  });

  test('says what to do with a file it cannot read', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'store-'));
    try {
      await writeFile(join(dir, 'model.json'), '{"format": 7}');
      await expect(Store.open(dir, 'model.json', 'testing')).rejects.toThrow(StoreError);
      await expect(Store.open(dir, 'model.json', 'testing')).rejects.toThrow('move the folder away');
    } finally {
      await rm(dir, { recursive: true });
    }
  });
});
