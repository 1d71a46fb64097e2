import { describe, expect, test } from 'vitest';
import { grafanaSourceApp, grafanaSourceUnit, readsAppAddress } from '../../../relations/grafana-source.ts';
import { agreementBag, peerUnit, readAgreement } from '../../../relations/peers.ts';
import { remoteWriteApp, remoteWriteUnit } from '../../../relations/remote-write.ts';

describe('prometheus_remote_write', () => {
  test('the unit gives the URL as JSON, with no other key, which senders would refuse', () => {
    expect(remoteWriteUnit('http://h:8080/api/v1/push')).toEqual({
      remote_write: '{"url":"http://h:8080/api/v1/push"}',
    });
  });

  test('the application says what is wrong with the rules, or nothing', () => {
    expect(remoteWriteApp()).toEqual({ event: '{}' });
    expect(remoteWriteApp('no such function')).toEqual({ event: '{"errors":"no such function"}' });
  });
});

describe('grafana_datasource', () => {
  const source = {
    type: 'prometheus',
    model: 'cos',
    model_uuid: '20ce8299-3634-4bef-8bd8-5ace6c8816b4',
    application: 'mimir-k8s',
    secure_extra_fields: { httpHeaderValue1: 'anonymous' },
    extra_fields: { httpHeaderName1: 'X-Scope-OrgID' },
  };

  test('the data are JSON and the address is bare', () => {
    const bag = grafanaSourceApp(source, 'http://mimir:9009/prometheus');
    expect(bag.grafana_source_app_host).toBe('http://mimir:9009/prometheus');
    expect(JSON.parse(bag.grafana_source_data ?? '')).toEqual(source);
  });

  test('the bytes do not depend on the order of the fields, so that nobody is woken for nothing', () => {
    const reversed = Object.fromEntries(Object.entries(source).toReversed());
    expect(grafanaSourceApp({ ...source, ...reversed }, 'u')).toEqual(grafanaSourceApp(source, 'u'));
  });

  test('a unit that is no data source says nothing', () => expect(grafanaSourceUnit(undefined)).toEqual({}));

  test('a Grafana that answers with a source for the application reads its address', () => {
    expect(readsAppAddress({ grafana_uid: 'juju_g', app_datasource_uid: 'juju_cos_x_mimir' })).toBe(true);
    expect(readsAppAddress({ grafana_uid: 'juju_g' })).toBe(false);
  });
});

describe('the peers', () => {
  test('read what the leader wrote', () => {
    const agreed = { replicationFactor: 3, alertmanagerDigest: 'abc' };
    expect(readAgreement(agreementBag(agreed))).toEqual(agreed);
    expect(readAgreement({})).toEqual({});
  });

  test.each([
    '',
    '0',
    '3.5',
    'three',
    '-1',
  ])('take a factor that no leader writes as absent: "%s"', (text) => {
    expect(readAgreement({ 'replication-factor': text })).toEqual({});
  });

  test('know each other by host name', () =>
    expect(peerUnit('mimir-k8s-0.x')).toEqual({ hostname: 'mimir-k8s-0.x' }));
});
