import { describe, expect, test } from 'vitest';
import { ingressApp, ingressUnit, readIngress } from '../../../relations/ingress.ts';

describe('ingress', () => {
  const asked = {
    model: 'cos',
    name: 'mimir-k8s',
    port: 9009,
    scheme: 'http',
    healthPath: '/ready',
  } as const;

  test('is asked for with JSON in every value', () => {
    expect(ingressApp(asked)).toEqual({
      healthcheck_params: '{"interval":"5s","path":"/ready","timeout":"3s"}',
      model: '"cos"',
      name: '"mimir-k8s"',
      port: '9009',
      'strip-prefix': 'true',
    });
    expect(ingressApp({ ...asked, scheme: 'https' }).scheme).toBe('"https"');
    expect(ingressUnit({ host: 'mimir-k8s-0.cos', ip: '10.1.0.7' })).toEqual({
      host: '"mimir-k8s-0.cos"',
      ip: '"10.1.0.7"',
    });
    expect(ingressUnit({ host: 'mimir-k8s-0.cos', ip: undefined })).toEqual({ host: '"mimir-k8s-0.cos"' });
  });

  test.each([
    ['http://foo.bar/cos-mimir', 'http://foo.bar/cos-mimir'],
    ['http://cos-mimir.foo.bar/', 'http://cos-mimir.foo.bar'],
    ['https://foo.bar', 'https://foo.bar'],
    ['https://foo.bar:8443/x//', 'https://foo.bar:8443/x'],
  ])('gives %s, which is taken without a slash at its end', (url, taken) => {
    expect(readIngress({ ingress: JSON.stringify({ url }) })).toEqual({ ok: true, url: taken });
  });

  test('that has not answered yet gives nothing', () => {
    expect(readIngress({})).toEqual({ ok: true });
    expect(readIngress({ data: 'url: http://x' })).toEqual({ ok: true });
  });

  test.each([
    ['{}'],
    ['[]'],
    ['nonsense'],
    ['{"url": 7}'],
    ['{"url": "file:///etc/passwd"}'],
    ['{"url": "javascript:alert(1)"}'],
    ['{"url": "foo.bar/cos-mimir"}'],
    ['{"url": "http://user:secret@foo.bar/"}'],
    ['{"url": "http://foo.bar/?x=1"}'],
    [JSON.stringify({ url: `http://foo.bar/${'x'.repeat(5000)}` })],
  ])('that answers %j is refused, and what it said is not repeated', (ingress) => {
    const read = readIngress({ ingress });
    expect(read).toMatchObject({ ok: false, problem: expect.not.stringContaining('secret') });
  });
});
