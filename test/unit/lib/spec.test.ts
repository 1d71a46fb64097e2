import { SpecError } from 'charmwright';
import { describe, expect, test } from 'vitest';
import { generateSpec } from '../../../lib/generate/generate.ts';
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
      actions: 'ping:\n  params: {host: {type: string}}\n  required: [host]\n',
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
    });
  });

  test.each([
    ['name: Bad_Name', undefined, 'metadata.yaml: name: is not a charm name Juju accepts'],
    ['name: ok\ncontainers: [web]', undefined, 'metadata.yaml: containers:'],
    ['name: ok', 'options: {port: {type: integer}}', 'config.yaml: options.port.type:'],
    ['name: [', undefined, 'metadata.yaml: '],
    [
      'name: ok\nstorage: {d: {type: filesystem, multiple: {range: many}}}',
      undefined,
      'storage.d.multiple.range',
    ],
  ])('that are wrong are refused with the place: %s', (text, config, message) => {
    const load = () => loadCharmSpec({ metadata: text, ...(config === undefined ? {} : { config }) });
    expect(load).toThrow(SpecError);
    expect(load).toThrow(message);
  });

  test('are generated into the same text every time', () => {
    const text = generateSpec(loadCharmSpec({ metadata }));
    expect(text).toBe(generateSpec(loadCharmSpec({ metadata })));
    expect(text).toContain('as const satisfies CharmSpec');
    expect(text).toContain('"web-image"');
  });
});
