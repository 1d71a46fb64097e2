import { describe, expect, test } from 'vitest';
import { catalogueApp } from '../../../relations/catalogue.ts';
import { agreementBag, peerUnit, readAgreement } from '../../../relations/peers.ts';
import { prometheusApiApp } from '../../../relations/prometheus-api.ts';
import { remoteWriteApp, remoteWriteUnit } from '../../../relations/remote-write.ts';

describe('prometheus_remote_write', () => {
  test('the unit gives the URL as JSON, with no other key, which senders would refuse', () => {
    expect(remoteWriteUnit('http://h:8080/api/v1/push')).toEqual({
      remote_write: '{"url":"http://h:8080/api/v1/push"}',
    });
  });

  test('the application says what is wrong with the rules, or nothing', () => {
    expect(remoteWriteApp({ dropsReplicas: false })).toEqual({ event: '{}' });
    expect(remoteWriteApp({ errors: 'no such function', dropsReplicas: false })).toEqual({
      event: '{"errors":"no such function"}',
    });
  });

  test('the application names the labels of replicas where it tells them apart', () => {
    expect(remoteWriteApp({ dropsReplicas: true })).toEqual({
      event: '{}',
      ha: '{"cluster_label":"cluster","replica_label":"__replica__"}',
    });
  });
});

describe('prometheus_api', () => {
  test('both addresses go bare, and the ingress has no key while there is none', () => {
    expect(prometheusApiApp('http://h/prometheus', 'http://i/prometheus')).toEqual({
      direct_url: 'http://h/prometheus',
      ingress_url: 'http://i/prometheus',
    });
    expect(prometheusApiApp('http://h/prometheus', undefined)).toEqual({ direct_url: 'http://h/prometheus' });
  });
});

describe('catalogue', () => {
  test('all is bare but the endpoints, which are JSON', () => {
    const item = { name: 'Mimir', description: 'd', url: 'http://h/', icon: 'ruler', apiDocs: 'http://docs' };
    expect(catalogueApp({ ...item, apiEndpoints: { Rules: 'http://h/r', Alerts: 'http://h/a' } })).toEqual({
      name: 'Mimir',
      description: 'd',
      url: 'http://h/',
      icon: 'ruler',
      api_docs: 'http://docs',
      api_endpoints: '{"Alerts":"http://h/a","Rules":"http://h/r"}',
    });
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
