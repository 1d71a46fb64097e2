import {
  type Layer,
  LayerError,
  layerApplied,
  layerDifference,
  layersEqual,
  layerYaml,
  type Plan,
  parseLayer,
} from 'charmwright/pebble';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

const EMPTY: Plan = { services: {}, checks: {}, 'log-targets': {} };

// ops: 205
describe('a layer as text', () => {
  test('does not depend on the order in which it was written', () => {
    const a: Layer = {
      summary: 's',
      services: { x: { override: 'merge', command: 'c', startup: 'enabled' } },
    };
    const b: Layer = {
      services: { x: { startup: 'enabled', command: 'c', override: 'merge' } },
      summary: 's',
    };
    expect(layerYaml(a)).toBe(layerYaml(b));
  });

  test('is YAML that says what the layer says, however long or odd the values are', () => {
    const command = `mimir ${'-flag=value '.repeat(100)}'a: b' "#c"`;
    const environment = {
      MULTI: 'a\n\tb: "c"\\',
      EMPTY: '',
      UNICODE: 'ä\u2028🐙',
      NUMBER: '007',
      YES: 'yes',
    };
    const layer: Layer = { services: { mimir: { override: 'replace', command, environment } } };
    expect(parse(layerYaml(layer))).toEqual(layer);
  });
});

// ops: 205, 206
describe('two layers are equal', () => {
  const service = { override: 'replace', command: 'c' } as const;

  test('when they differ only in order, in empty values, or in how a duration is written', () => {
    const a: Layer = {
      services: { x: { ...service, 'kill-delay': '90s', after: [], user: '' } },
      checks: {},
    };
    const b: Layer = { services: { x: { 'kill-delay': '1m30s', ...service } } };
    expect(layersEqual(a, b)).toBe(true);
  });

  test.each<[string, Layer]>([
    ['another command', { services: { x: { ...service, command: 'd' } } }],
    ['another override', { services: { x: { ...service, override: 'merge' } } }],
    ['an empty environment variable', { services: { x: { ...service, environment: { EMPTY: '' } } } }],
    ['one more service', { services: { x: service, y: service } }],
    ['another summary', { summary: 's', services: { x: service } }],
    ['a check', { services: { x: service }, checks: { c: { override: 'replace', tcp: { port: 1 } } } }],
  ])('but not with %s', (_what, other) => {
    expect(layersEqual({ services: { x: service } }, other)).toBe(false);
  });
});

// ops: 207
describe('what the plan lacks of a layer', () => {
  test('is all of it when the plan is empty, by section and name', () => {
    const layer: Layer = {
      services: { b: { override: 'replace' }, a: { override: 'merge' } },
      checks: { up: { override: 'replace', tcp: { port: 1 } } },
      'log-targets': {
        loki: { override: 'replace', type: 'loki', location: 'http://loki', services: ['all'] },
      },
    };
    expect(layerDifference(layer, EMPTY)).toEqual({
      services: ['a', 'b'],
      checks: ['up'],
      'log-targets': ['loki'],
    });
  });

  test('is nothing when the plan only adds Pebble’s own defaults and spelling', () => {
    const layer: Layer = {
      services: { x: { override: 'replace', command: 'c', 'backoff-delay': '0.5s', 'user-id': 0 } },
      checks: { up: { override: 'replace', period: '60s', exec: { command: 'true' } } },
      'log-targets': { loki: { override: 'replace', type: 'loki', location: 'http://loki' } },
    };
    const plan: Plan = {
      services: { x: { override: 'replace', command: 'c', 'backoff-delay': '500ms', 'user-id': 0 } },
      checks: { up: { override: 'replace', period: '1m0s', threshold: 3, exec: { command: 'true' } } },
      'log-targets': { loki: { override: 'replace', type: 'loki', location: 'http://loki', services: [] } },
    };
    expect(layerApplied(layer, plan)).toBe(true);
  });

  test('a replaced service must not have more in the plan than in the layer', () => {
    const layer: Layer = { services: { x: { override: 'replace', command: 'c' } } };
    const plan = { override: 'replace', command: 'c', environment: { OLD: '1' } };
    expect(layerApplied(layer, { ...EMPTY, services: { x: plan } })).toBe(false);
  });

  test('a merged service may have more in the plan, but must be in it', () => {
    const merged: Layer = {
      services: { x: { override: 'merge', environment: { NEW: '1' }, after: ['db'], 'kill-delay': '5s' } },
    };
    const base = { override: 'merge', command: 'c', after: ['cache', 'db'], 'kill-delay': '5s' } as const;
    const plan = (environment: Record<string, string>): Plan => ({
      ...EMPTY,
      services: { x: { ...base, environment } },
    });
    expect(layerApplied(merged, plan({ OLD: '1', NEW: '1' }))).toBe(true);
    expect(layerApplied(merged, plan({ OLD: '1', NEW: '2' }))).toBe(false);
    expect(layerApplied(merged, plan({ OLD: '1' }))).toBe(false);
  });

  test('names that every object has are names like any other', () => {
    const layer: Layer = { services: { constructor: { override: 'merge' as const } } };
    expect(layerDifference(layer, EMPTY).services).toEqual(['constructor']);
  });

  test('a check’s own threshold counts, also when it is merged', () => {
    const up = { override: 'merge', tcp: { port: 1 } } as const;
    const plan: Plan = { ...EMPTY, checks: { up: { ...up, threshold: 5 } } };
    expect(layerApplied({ checks: { up } }, plan)).toBe(true);
    expect(layerApplied({ checks: { up: { ...up, threshold: 3 } } }, plan)).toBe(false);
    expect(layerApplied({ checks: { up: { ...up, override: 'replace' } } }, plan)).toBe(false);
  });
});

// ops: 205, 208, 209, 210
describe('a layer read from text', () => {
  test('has what it says, without what nobody knows', async () => {
    const text = 'services:\n  web: { override: merge, command: serve, colour: red }\nworkloads: {}\n';
    expect(await parseLayer(text)).toEqual({ services: { web: { override: 'merge', command: 'serve' } } });
    expect(await parseLayer('')).toEqual({});
  });

  test('comes back from the text that Pebble gets', async () => {
    const layer: Layer = {
      summary: 's',
      services: { web: { override: 'replace', command: 'serve', environment: { A: '', B: '2' } } },
      checks: { up: { override: 'replace', tcp: { port: 80 } } },
      'log-targets': { loki: { override: 'merge', labels: { a: 'b' } } },
    };
    expect(await parseLayer(layerYaml(layer))).toEqual(layer);
  });

  test.each([
    ['services: [', /cannot read the layer: /],
    ['- a list', /cannot read the layer: /],
    ['services:\n  web: { command: serve }', /services\.web\.override: /],
    ['checks:\n  up: { override: replace, level: dead }', /checks\.up\.level: /],
  ])('%j is none, and says where', async (text, message) => {
    const error = await parseLayer(text).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(LayerError);
    expect(String(error)).toMatch(message);
  });
});
