import { describe, expect, test } from 'vitest';
import { readAlertmanager } from '../../../relations/alertmanager.ts';

describe("an Alertmanager's unit", () => {
  test.each([
    [
      { url: 'http://am-0.am-endpoints.cos.svc.cluster.local:9093' },
      'http://am-0.am-endpoints.cos.svc.cluster.local:9093',
    ],
    [{ url: 'https://am:9093/x/', public_address: 'am:9093/x', scheme: 'https' }, 'https://am:9093/x'],
    [{ public_address: '10.1.0.9:9093' }, 'http://10.1.0.9:9093'],
    [{ public_address: 'am:9093/x', scheme: 'https' }, 'https://am:9093/x'],
    [{ url: 'http://[fd00::1]:9093/' }, 'http://[fd00::1]:9093'],
    [{ url: 'HTTP://AM:80/' }, 'http://am'],
  ])('that says %j is notified at %s', (bag, url) => {
    expect(readAlertmanager(bag)).toEqual({ ok: true, address: url });
  });

  test('that has said nothing yet is no fault', () => {
    expect(readAlertmanager({})).toEqual({ ok: true });
    expect(readAlertmanager({ 'ingress-address': '10.1.0.9' })).toEqual({ ok: true });
  });

  test.each([
    ['file:///etc/passwd'],
    ['am:9093'],
    ['dns+http://am:9093'],
    ['http://admin:secret@am:9093'],
    ['http://am:9093,http://attacker:9093'],
    ['http://am:9093/x,http://attacker'],
    ['http://am:9093/?silence=secret'],
    ['http://am:9093/%zz'],
    ['http://am:9093/$PATH'],
    ['http://am\n:9093/"x'],
    ['http://am:99999'],
    [`http://am/${'x'.repeat(5000)}`],
  ])('that says %j is not notified, and what it said is not repeated', (url) => {
    const problem = expect.not.stringContaining('secret');
    expect(readAlertmanager({ url })).toMatchObject({ ok: false, problems: [{ key: 'url', problem }] });
  });

  test('is blamed by the key that it used', () => {
    const read = readAlertmanager({ public_address: 'am:9093', scheme: 'gopher' });
    expect(read).toMatchObject({ ok: false, problems: [{ key: 'public_address' }] });
  });
});
