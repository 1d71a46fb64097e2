import { describe, expect, test } from 'vitest';
import { readCache } from '../../../relations/memcache.ts';

describe("a memcached's unit", () => {
  test.each([
    [
      { host: '10.1.0.9', port: '11211' },
      { host: '10.1.0.9', port: 11211 },
    ],
    [
      { host: '10.1.0.9', port: '11212', 'udp-port': '0' },
      { host: '10.1.0.9', port: 11212 },
    ],
    [{ host: 'cache-0.cache-endpoints.cos' }, { host: 'cache-0.cache-endpoints.cos', port: 11211 }],
    [
      { host: 'fd00::1', port: '1' },
      { host: 'fd00::1', port: 1 },
    ],
  ])('that says %j is found', (bag, address) => {
    expect(readCache(bag)).toEqual({ ok: true, address });
  });

  test('that has said nothing yet is no fault', () => {
    expect(readCache({})).toEqual({ ok: true });
    expect(readCache({ port: '11211', 'private-address': '10.1.0.9' })).toEqual({ ok: true });
  });

  test.each([
    ['host', { host: '10.1.0.9,10.6.6.6' }],
    ['host', { host: 'dns+cache' }],
    ['host', { host: 'cache:11211' }],
    ['host', { host: 'a\n"b: c' }],
    ['host', { host: 'x'.repeat(300) }],
    ['port', { host: '10.1.0.9', port: '0' }],
    ['port', { host: '10.1.0.9', port: '65536' }],
    ['port', { host: '10.1.0.9', port: '11211,10.6.6.6:1' }],
    ['port', { host: '10.1.0.9', port: '1e3' }],
  ])('with a wrong %s is not used: %j', (key, bag) => {
    expect(readCache(bag)).toMatchObject({ ok: false, problems: [{ key }] });
  });
});
