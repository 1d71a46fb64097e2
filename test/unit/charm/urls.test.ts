import { describe, expect, test } from 'vitest';
import { urls } from '../../../charm/plan/urls.ts';
import { inputs } from '../../support/mimir-inputs.ts';

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
    expect(urls(inputs({ neighbours: { ingressUrl: 'https://example.org/cos-mimir-k8s' } }))).toEqual({
      internal: 'http://mimir-k8s.cos.svc.cluster.local:9009',
      public: 'https://example.org/cos-mimir-k8s',
    });
  });
});
