import { JujuVersion, JujuVersionError } from 'charmwright';
import { describe, expect, test } from 'vitest';

/** From the oldest to the newest. */
const HISTORY = [
  '0.0.0',
  '2.9.52',
  '3.0.2',
  '3.1.6',
  '3.6-alpha9',
  '3.6-beta1',
  '3.6-beta1.1',
  '3.6-beta2',
  '3.6-rc1',
  '3.6',
  '3.6.4',
  '3.6.4.1',
  '3.6.14',
  '4.0-beta3',
  '4.0',
];

// ops: 151
describe('a version of Juju', () => {
  test.each([
    ['3.6', { major: 3, minor: 6, patch: 0, build: 0, tag: '' }, '3.6.0'],
    ['3.6.14', { major: 3, minor: 6, patch: 14, build: 0, tag: '' }, '3.6.14'],
    ['3.6.14.2', { major: 3, minor: 6, patch: 14, build: 2, tag: '' }, '3.6.14.2'],
    ['4.0-beta3', { major: 4, minor: 0, patch: 3, build: 0, tag: 'beta' }, '4.0-beta3'],
    ['4.0-rc1.7', { major: 4, minor: 0, patch: 1, build: 7, tag: 'rc' }, '4.0-rc1.7'],
  ])('%s is read whole', (text, parts, shown) => {
    const version = new JujuVersion(text);
    expect(version).toMatchObject(parts);
    expect(`${version}`).toBe(shown);
    expect(JSON.stringify({ version })).toBe(`{"version":"${shown}"}`);
  });

  test.each([
    '',
    '3',
    'x.y',
    '3.6.',
    '3.6.14-',
    '3.6-beta',
    '3.6-Beta1',
    '3.6.1.2.3',
    '-3.6',
    '1234567890.1',
  ])('is not what "%s" says', (text) => {
    expect(() => new JujuVersion(text)).toThrow(JujuVersionError);
    expect(() => new JujuVersion('3.6').compare(text)).toThrow(`"${text}" is not a version of Juju`);
  });

  test('comes before the next one, whatever order they are given in', () => {
    const shuffled = HISTORY.map((text) => new JujuVersion(text)).toReversed();
    const sorted = shuffled.toSorted((a, b) => a.compare(b));
    expect(sorted.map(String)).toEqual(HISTORY.map((text) => String(new JujuVersion(text))));
  });

  test('compares with text as with a version', () => {
    const beta = new JujuVersion('4.0-beta3');
    expect(beta.isBefore('4.0')).toBe(true);
    expect(beta.isAtLeast(new JujuVersion('3.6.14'))).toBe(true);
    expect(new JujuVersion('3.6').equals('3.6.0.0')).toBe(true);
    expect(new JujuVersion('3.6').equals('3.6-beta0')).toBe(false);
  });

  test('is a key that equal versions share', () => {
    const seen = new Set(['3.6', '3.6.0', '3.6.0.0'].map((text) => String(new JujuVersion(text))));
    expect([...seen]).toEqual(['3.6.0']);
  });
});

// ops: 152
describe('what a Juju can do is asked by name', () => {
  test.each([
    ['hasAppData', '2.6.10', '2.7.0'],
    ['isDispatchAware', '2.7.8', '2.8.0'],
    ['hasControllerStorage', '2.7.8', '2.8.0'],
    ['hasSecrets', '3.0.2', '3.0.3'],
    ['supportsOpenPortOnK8s', '3.0.2', '3.0.3'],
    ['supportsExecServiceContext', '3.1.5', '3.1.6'],
    ['supportsExecServiceContext', '3.2.0', '3.2.1'],
    ['supportsPebbleLogForwarding', '3.3.4', '3.4.0'],
    ['supportsPebbleIdentities', '3.6.3', '3.6.4'],
    ['supportsPebbleMetrics', '3.6.3', '3.6.4'],
    ['closesActionParams', '3.6.14', '4.0.0'],
  ] as const)('%s: not %s, but %s', (gate, without, withIt) => {
    expect([new JujuVersion(without)[gate], new JujuVersion(withIt)[gate]]).toEqual([false, true]);
  });
});
