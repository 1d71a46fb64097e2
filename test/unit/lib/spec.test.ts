import { mountLocations, SpecError } from 'charmwright';
import { describe, expect, test } from 'vitest';
import { generateSpec } from '../../../lib/generate/generate.ts';
import type { CharmFiles } from '../../../lib/spec/charm-files.ts';
import { loadCharmSpec } from '../../../lib/spec/load.ts';

const metadata = `
name: web-k8s
requires:
  database: postgresql
  cache: { interface: memcached, limit: 1, optional: true }
peers:
  peers: { interface: web_peers }
containers:
  web:
    resource: web-image
    mounts: [{ storage: data, location: /srv }]
resources:
  web-image: { type: oci-image, upstream-source: example/web }
storage:
  data: { type: filesystem, multiple: { range: 0-3 } }
  logs: { type: filesystem, multiple: { range: 2+ } }
`;

describe("a charm's YAML files", () => {
  test('become a spec with the defaults Juju has', () => {
    const spec = loadCharmSpec({
      metadata,
      config: 'options:\n  port: {type: int, default: 80}\n  name: {description: " who "}\n',
      actions: 'ping:\n  params: {host: {type: string}}\n  required: [host]\nstop:\n',
    });
    expect(spec.endpoints).toEqual({
      database: { role: 'requires', interface: 'postgresql' },
      cache: { role: 'requires', interface: 'memcached', limit: 1, optional: true },
      peers: { role: 'peer', interface: 'web_peers' },
    });
    expect(spec.storage).toEqual({
      data: { type: 'filesystem', count: { min: 0, max: 3 } },
      logs: { type: 'filesystem', count: { min: 2, max: null } },
    });
    expect(spec.config).toEqual({
      port: { type: 'int', default: 80 },
      name: { type: 'string', description: 'who' },
    });
    expect(spec.actions).toEqual({
      ping: { params: { host: { type: 'string' } }, required: ['host'] },
      stop: { params: {}, required: [] },
    });
  });

  // ops: 83, 88
  test('tell everything about the charm, for whoever asks', () => {
    const meta = loadCharmSpec({
      metadata: `
name: web-k8s
display-name: Web
summary: Serves pages.
description: |
  Serves pages
  to everybody.
maintainer: Ada <ada@example.com>
maintainers: [Grace <grace@example.com>]
website: https://web.example.com
source: [https://git.example.com/web, https://mirror.example.com/web]
issues: https://git.example.com/web/issues
docs: https://web.example.com/docs
tags: [web, http]
terms: [web-terms/1]
subordinate: false
charm-user: non-root
assumes:
  - k8s-api
  - any-of:
    - juju >= 3.6
    - all-of: [juju >= 3.5.3, some-feature]
extra-bindings: { public: , admin: }
devices:
  gpu: { type: nvidia.com/gpu, description: For pictures, countmin: 1, countmax: 4 }
payloads:
  pages: { type: docker }
resources:
  page: { type: file, filename: page.tar, description: " Pages " }
`,
    });
    expect(meta).toMatchObject({
      displayName: 'Web',
      summary: 'Serves pages.',
      description: 'Serves pages\nto everybody.',
      maintainers: ['Ada <ada@example.com>', 'Grace <grace@example.com>'],
      links: {
        websites: ['https://web.example.com'],
        sources: ['https://git.example.com/web', 'https://mirror.example.com/web'],
        issues: ['https://git.example.com/web/issues'],
        documentation: 'https://web.example.com/docs',
      },
      tags: ['web', 'http'],
      terms: ['web-terms/1'],
      subordinate: false,
      charmUser: 'non-root',
      extraBindings: ['admin', 'public'],
      devices: { gpu: { type: 'nvidia.com/gpu', description: 'For pictures', count: { min: 1, max: 4 } } },
      payloads: { pages: { type: 'docker' } },
      resources: { page: { type: 'file', filename: 'page.tar', description: 'Pages' } },
    });
    expect(meta.assumes).toEqual({
      condition: 'all-of',
      features: [
        'k8s-api',
        {
          condition: 'any-of',
          features: ['juju >= 3.6', { condition: 'all-of', features: ['juju >= 3.5.3', 'some-feature'] }],
        },
      ],
    });
  });

  // ops: 83
  test('of the old format have series and a least Juju', () => {
    const meta = loadCharmSpec({ metadata: "name: old\nseries: [focal]\nmin-juju-version: '2.8.0'\n" });
    expect(meta).toMatchObject({ series: ['focal'], minJujuVersion: '2.8.0', charmUser: 'root' });
  });

  // ops: 84
  test('say of an endpoint what it is to its relation', () => {
    const { endpoints } = loadCharmSpec({
      metadata: `
name: web
requires:
  logs: { interface: loki, limit: 2, scope: container, optional: true, description: Where to write }
provides: { site: http }
`,
    });
    expect(endpoints).toEqual({
      logs: {
        role: 'requires',
        interface: 'loki',
        limit: 2,
        scope: 'container',
        optional: true,
        description: 'Where to write',
      },
      site: { role: 'provides', interface: 'http' },
    });
  });

  // ops: 85
  test.each([
    ['2', { min: 2, max: 2 }],
    ['2-5', { min: 2, max: 5 }],
    ['2-', { min: 2, max: null }],
    ['0+', { min: 0, max: null }],
  ])('count the instances of a storage: %s', (range, count) => {
    const { storage } = loadCharmSpec({
      metadata: `
name: web
storage:
  data:
    type: filesystem
    description: Pages
    shared: true
    read-only: true
    minimum-size: 1.5GiB
    location: /srv
    properties: [transient]
    multiple: { range: ${range} }
`,
    });
    expect(storage.data).toEqual({
      type: 'filesystem',
      description: 'Pages',
      shared: true,
      readOnly: true,
      minimumSize: '1.5GiB',
      location: '/srv',
      properties: ['transient'],
      count,
    });
  });

  // ops: 86
  test('give a container its image, its user and its mounts, several of one storage too', () => {
    const { containers } = loadCharmSpec({
      metadata: `
name: web
storage: { data: { type: filesystem }, cache: { type: filesystem } }
resources: { web-image: { type: oci-image } }
containers:
  web:
    resource: web-image
    uid: 170
    gid: 0
    mounts:
      - { storage: data, location: /data }
      - { storage: cache, location: /cache }
      - { storage: data, location: /srv/data }
  old: { bases: [{ name: ubuntu, channel: 24.04/stable, architectures: [amd64, arm64] }] }
`,
    });
    const { web, old } = containers;
    expect(web).toMatchObject({ resource: 'web-image', uid: 170, gid: 0 });
    expect(mountLocations(web ?? {})).toEqual({ data: ['/data', '/srv/data'], cache: ['/cache'] });
    expect(old?.bases).toEqual([
      { name: 'ubuntu', channel: '24.04/stable', architectures: ['amd64', 'arm64'] },
    ]);
    expect(mountLocations(old ?? {})).toEqual({});
  });

  // ops: 87
  test('describe an action, what it takes and what it returns', () => {
    const { actions } = loadCharmSpec({
      metadata: 'name: web',
      actions: `
backup:
  title: Back up
  description: Writes everything down.
  params: { path: { type: string } }
  required: [path]
  additionalProperties: true
  parallel: true
  execution-group: slow
  results:
    size: { type: integer, description: Bytes }
    where: { type: object, properties: { bucket: { type: string, optional: true } } }
`,
    });
    expect(actions.backup).toEqual({
      title: 'Back up',
      description: 'Writes everything down.',
      params: { path: { type: 'string' } },
      required: ['path'],
      additionalProperties: true,
      parallel: true,
      executionGroup: 'slow',
      results: {
        size: { type: 'integer', description: 'Bytes' },
        where: { type: 'object', properties: { bucket: { type: 'string', optional: true } } },
      },
    });
  });

  test('mean what they mean to Juju, which reads YAML 1.1', () => {
    const spec = loadCharmSpec({
      metadata: 'name: web\nrequires: { db: { interface: pg, optional: yes } }\n',
      config: `
options:
  n: &int { type: int, default: 0x10 }
  at: { type: string, default: 12:30 }
  since: { type: string, default: 2026-01-31 }
  debug: { type: boolean, default: off }
  m: { <<: *int, default: 1_000 }
`,
    });
    expect(spec.endpoints.db?.optional).toBe(true);
    expect(Object.entries(spec.config).map(([name, option]) => [name, option.default])).toEqual([
      ['n', 16],
      ['at', '12:30'],
      ['since', '2026-01-31'],
      ['debug', false],
      ['m', 1000],
    ]);
  });

  test('are generated into the same text every time, without what only people read', () => {
    const files = {
      metadata,
      actions: 'go: {description: Goes, params: {to: {type: string, description: Where}}}',
    };
    const text = generateSpec(loadCharmSpec(files));
    expect(text).toBe(generateSpec(loadCharmSpec(files)));
    expect(text).toContain('as const satisfies CharmSpec');
    expect(text).toContain('"web-image"');
    expect(text).not.toMatch(/description|Goes|Where|upstream/);
  });

  test('may have a parameter that is called description', () => {
    const actions = 'tag: {params: {description: {type: string, title: T, description: D}}}';
    const text = generateSpec(loadCharmSpec({ metadata, actions }));
    expect(text).toContain('"description": {\n          "type": "string"\n        }');
  });
});

describe('what Juju would refuse is told before', () => {
  test.each<[what: string, files: CharmFiles, says: string]>([
    ['no YAML', { metadata: 'name: [' }, 'metadata.yaml: line 1: is not YAML'],
    [
      'a key twice',
      { metadata: 'name: a\nname: b' },
      'metadata.yaml: line 2: is not YAML: Map keys must be unique',
    ],
    ['no name', { metadata: 'summary: s' }, 'metadata.yaml: name: is missing'],
    [
      'a name of other letters',
      { metadata: 'name: Bad_Name' },
      'metadata.yaml: name: is not a charm name Juju',
    ],
    [
      'a list for a map',
      { metadata: 'name: ok\ncontainers: [web]' },
      'containers: must be a map, not a list',
    ],
    [
      'an empty key',
      { metadata: 'name: ok\nrequires:' },
      'requires: is empty: give it a value, or leave the key out',
    ],
    [
      'a value of no kind that is known',
      { metadata: 'name: ok\nrequires: {a: {interface: b, scope: local}}' },
      'requires.a.scope: must be global or container, not "local"',
    ],
    [
      'an endpoint without interface',
      { metadata: 'name: ok\nrequires: {a: {limit: 1}}' },
      'requires.a.interface: is missing',
    ],
    [
      'an endpoint twice',
      { metadata: 'name: ok\nrequires: {a: b}\npeers: {a: c}' },
      'peers.a: is the name of an endpoint in requires',
    ],
    [
      "one of Juju's names",
      { metadata: 'name: ok\nprovides: {a: juju-info}' },
      'provides.a.interface: is a name that Juju keeps',
    ],
    [
      'a binding that is an endpoint',
      { metadata: 'name: ok\nrequires: {a: b}\nextra-bindings: {a: }' },
      'extra-bindings.a: is the name of',
    ],
    [
      'a subordinate of nobody',
      { metadata: 'name: ok\nsubordinate: true' },
      'subordinate: needs an endpoint in requires',
    ],
    [
      'a mount of nothing',
      { metadata: 'name: ok\ncontainers: {c: {mounts: [{storage: d, location: /d}]}}' },
      'containers.c.mounts.0.storage: "d" is not in storage',
    ],
    [
      'a mount nowhere',
      { metadata: 'name: ok\nstorage: {d: {type: filesystem}}\ncontainers: {c: {mounts: [{storage: d}]}}' },
      'containers.c.mounts.0.location: is missing',
    ],
    [
      'an image that is not declared',
      { metadata: 'name: ok\ncontainers: {c: {resource: i}}' },
      'containers.c.resource: "i" is not in resources',
    ],
    [
      'an image that is a file',
      { metadata: 'name: ok\ncontainers: {c: {resource: i}}\nresources: {i: {filename: f}}' },
      '"i" is not of type oci-image',
    ],
    [
      'an image and a base',
      { metadata: 'name: ok\nresources: {i: {type: oci-image}}\ncontainers: {c: {resource: i, bases: []}}' },
      'containers.c.bases: cannot stand beside resource',
    ],
    [
      "one of Juju's users",
      { metadata: 'name: ok\ncontainers: {c: {uid: 1000}}' },
      'containers.c.uid: 1000 is one of 1000 to 9999',
    ],
    [
      'a range of words',
      { metadata: 'name: ok\nstorage: {d: {type: filesystem, multiple: {range: many}}}' },
      'storage.d.multiple.range: "many" is not a range',
    ],
    [
      'a range of none',
      { metadata: 'name: ok\nstorage: {d: {type: filesystem, multiple: {range: 0-0}}}' },
      '"0-0" is not a range',
    ],
    [
      'a number in quotes',
      { metadata: 'name: ok\nstorage: {d: {type: filesystem, multiple: {range: "3"}}}' },
      'write it without quotes',
    ],
    [
      'a block with a place',
      { metadata: 'name: ok\nstorage: {d: {type: block, location: /d}}' },
      'storage.d.location: only storage of type filesystem',
    ],
    [
      'a file without name',
      { metadata: 'name: ok\nresources: {f: {type: file}}' },
      'resources.f.filename: is missing',
    ],
    [
      'more than the most',
      { metadata: 'name: ok\ndevices: {g: {type: gpu, countmin: 2}}' },
      'devices.g.countmin: 2 is more than countmax, 1',
    ],
    [
      'an assumption nobody understands',
      { metadata: 'name: ok\nassumes: [k8s-api, {any-of: [juju > 3]}]' },
      'assumes.1.any-of.0: must be like',
    ],
    [
      'both formats',
      { metadata: 'name: ok\nassumes: [k8s-api]\nseries: [jammy]' },
      'series: cannot stand beside assumes',
    ],
    ['no options', { metadata: 'name: ok', config: 'port: {type: int}' }, 'config.yaml: options: is missing'],
    [
      'an option of no type',
      { metadata: 'name: ok', config: 'options: {port: {type: integer}}' },
      'config.yaml: options.port.type: must be string or int or',
    ],
    [
      'a default of another type',
      { metadata: 'name: ok', config: 'options: {port: {type: int, default: many}}' },
      'options.port.default: "many" does not fit the type int: write a whole number',
    ],
    [
      'a default that is no secret',
      { metadata: 'name: ok', config: 'options: {key: {type: secret, default: abc}}' },
      'write the URI of a secret',
    ],
    [
      'an action of other letters',
      { metadata: 'name: ok', actions: 'Go: {}' },
      'actions.yaml: Go: is not an action name Juju accepts',
    ],
    [
      "an action of Juju's",
      { metadata: 'name: ok', actions: 'juju-run: {}' },
      'juju-run: is a name that Juju keeps',
    ],
    [
      'a schema of no type',
      { metadata: 'name: ok', actions: 'go: {params: {to: {items: {type: loud}}}}' },
      'go.params.to.items.type: "loud" is not a type of JSON Schema',
    ],
    [
      'a reference',
      { metadata: 'name: ok', actions: 'go: {params: {to: {oneOf: [{$ref: x}]}}}' },
      'go.params.to.oneOf.0.$ref: is a key that Juju refuses',
    ],
    [
      'a parameter that says it is required',
      { metadata: 'name: ok', actions: 'go: {params: {to: {required: true}}}' },
      'go.params.to.required: must be a list of names',
    ],
    [
      'a result that is a list',
      { metadata: 'name: ok', actions: 'go: {results: {all: {type: array}}}' },
      'go.results.all.type: must be string or integer or',
    ],
    [
      'a result of other letters',
      { metadata: 'name: ok', actions: 'go: {results: {All: {type: string}}}' },
      'go.results.All: is not a result name Juju accepts',
    ],
    [
      "a result of Juju's",
      {
        metadata: 'name: ok',
        actions: 'go: {results: {a: {type: object, properties: {stdout: {type: string}}}}}',
      },
      'go.results.a.properties.stdout: is a name that Juju keeps',
    ],
    [
      'properties of a text',
      { metadata: 'name: ok', actions: 'go: {results: {a: {type: string, properties: {}}}}' },
      'go.results.a.type: must be object where there are properties',
    ],
  ])('%s', (_what, files, says) => {
    expect(() => loadCharmSpec(files)).toThrow(SpecError);
    expect(() => loadCharmSpec(files)).toThrow(says);
  });

  test('everything at once, each with its file and key', () => {
    const files = {
      metadata: 'name: Web\nrequires: { db: { limit: one } }\n',
      config: 'options: { port: { type: int, default: x }, host: { type: text } }',
      actions: 'go: { params: { to: { type: loud } }, results: { a: { type: list } } }',
    };
    const faults = (() => {
      try {
        return loadCharmSpec(files, 'charms/web');
      } catch (error) {
        return error instanceof SpecError ? error.faults : error;
      }
    })();
    expect(faults).toMatchObject([
      { file: 'charms/web/metadata.yaml', key: 'name' },
      { file: 'charms/web/metadata.yaml', key: 'requires.db.interface' },
      {
        file: 'charms/web/metadata.yaml',
        key: 'requires.db.limit',
        problem: 'must be a number, not "one"',
      },
      { file: 'charms/web/config.yaml', key: 'options.host.type' },
      { file: 'charms/web/actions.yaml', key: 'go.results.a.type' },
    ]);
  });
});
