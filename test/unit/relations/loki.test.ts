import { describe, expect, test } from 'vitest';
import { lokiApp, readLokiErrors, readPushEndpoint } from '../../../relations/loki.ts';

const topology = {
  model: 'cos',
  modelUuid: '20ce8299-3634-4bef-8bd8-5ace6c8816b4',
  application: 'mimir-k8s',
  charm: 'mimir-k8s',
};

describe('a Loki', () => {
  test('is told who we are and what to look for', () => {
    const rule = { alert: 'A', expr: '{a="b"}', labels: { severity: 'critical' }, annotations: {} };
    expect(lokiApp({ topology, unit: 'mimir-k8s/0', groups: [{ name: 'g', rules: [rule] }] })).toEqual({
      metadata:
        '{"application":"mimir-k8s","charm_name":"mimir-k8s","model":"cos","model_uuid":"20ce8299-3634-4bef-8bd8-5ace6c8816b4","unit":"mimir-k8s/0"}',
      alert_rules:
        '{"groups":[{"name":"g","rules":[{"alert":"A","annotations":{},"expr":"{a=\\"b\\"}","labels":{"severity":"critical"}}]}]}',
    });
  });

  test.each([
    ['http://loki-0.loki-endpoints.cos.svc.cluster.local:3100/loki/api/v1/push'],
    ['https://traefik/cos-loki-0/loki/api/v1/push'],
  ])('takes lines at the address that its unit says, as it is: %s', (url) => {
    expect(readPushEndpoint({ endpoint: JSON.stringify({ url }) })).toEqual({ ok: true, address: url });
  });

  test('whose unit has said nothing yet is no fault', () => {
    expect(readPushEndpoint({ public_address: '10.1.0.9' })).toEqual({ ok: true });
  });

  test.each([
    ['nonsense'],
    ['[]'],
    ['{}'],
    ['{"url": 7}'],
    ['{"url": "file:///dev/sda"}'],
    ['{"url": "http://admin:secret@loki/loki/api/v1/push"}'],
    ['{"url": "http://loki/push?token=secret"}'],
    ['{"url": "http://loki/$PATH"}'],
  ])('whose unit says %j is not sent anything, and what it said is not repeated', (endpoint) => {
    const problem = expect.not.stringContaining('secret');
    expect(readPushEndpoint({ endpoint })).toMatchObject({
      ok: false,
      problems: [{ key: 'endpoint', problem }],
    });
  });

  test('says what it has against our rules', () => {
    expect(readLokiErrors({ event: '{"errors":"parse error"}' })).toEqual(['parse error']);
    for (const event of ['', '{}', '[]', 'nonsense', '{"errors":7}', '{"errors":""}'])
      expect(readLokiErrors({ event })).toEqual([]);
  });
});
