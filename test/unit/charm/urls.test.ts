import { describe, expect, test } from 'vitest';
import { urls } from '../../../charm/plan/urls.ts';
import { inputs } from '../../support/mimir-inputs.ts';

const INSIDE = 'http://mimir-k8s.cos.svc.cluster.local:9009';

describe('the addresses that others are given', () => {
  test('are those of the application, the same from every unit', () => {
    expect(urls(inputs()).public).toBe('http://mimir-k8s.cos.svc.cluster.local:9009');
    expect(urls(inputs({ unit: 'mimir-k8s/4', leader: false }))).toEqual(urls(inputs()));
  });

  test('follow the cluster domain of the unit', () => {
    const fqdn = 'mimir-k8s-0.mimir-k8s-endpoints.cos.svc.example.org';
    expect(urls(inputs({ address: { ip: '10.1.0.7', fqdn } })).internal).toBe(
      'http://mimir-k8s.cos.svc.example.org:9009',
    );
  });

  test('are those of the ingress once it has given one; inside the cluster nothing changes', () => {
    const ingressUrl = 'https://example.org/cos-mimir-k8s';
    expect(urls(inputs({ neighbours: { ingressUrl, lastIngressUrl: ingressUrl } }))).toMatchObject({
      internal: INSIDE,
      public: ingressUrl,
    });
  });
});

describe('the links in alerts', () => {
  const links = (lastIngressUrl?: string) => {
    const neighbours = lastIngressUrl === undefined ? {} : { lastIngressUrl };
    const { rulerLinks, alertmanagerLinks } = urls(inputs({ neighbours }));
    return { rulerLinks, alertmanagerLinks };
  };

  test('lead into the cluster, or through an ingress that has a host name for this application', () => {
    expect(links()).toEqual({
      rulerLinks: `${INSIDE}/prometheus`,
      alertmanagerLinks: `${INSIDE}/alertmanager`,
    });
    expect(links('https://cos-mimir-k8s.example.org')).toEqual({
      rulerLinks: 'https://cos-mimir-k8s.example.org/prometheus',
      alertmanagerLinks: 'https://cos-mimir-k8s.example.org/alertmanager',
    });
  });

  test('of the Alertmanager never have the path that the ingress takes away, which would cut the Alertmanager off', () => {
    expect(links('https://example.org/cos-mimir-k8s')).toEqual({
      rulerLinks: 'https://example.org/cos-mimir-k8s/prometheus',
      alertmanagerLinks: `${INSIDE}/alertmanager`,
    });
  });
});
