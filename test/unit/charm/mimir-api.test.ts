import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sumOf } from '../../../charm/metrics.ts';
import { MimirApi } from '../../../charm/mimir-api.ts';
import {
  MimirAnswerError,
  MimirFailedError,
  MimirRefusedError,
  MimirUnreachableError,
} from '../../../charm/mimir-errors.ts';

/** What Mimir is asked, and a server in its place that answers as told. */
let server: Server;
let asked: { method: string | undefined; url: string | undefined; tenant: unknown; body: string }[];
let answer: (request: IncomingMessage, response: ServerResponse) => void;
let api: MimirApi;

function says(status: number, body: string): void {
  answer = (_request, response) => response.writeHead(status).end(body);
}

beforeEach(async () => {
  asked = [];
  says(200, '');
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += String(chunk);
    });
    request.on('end', () => {
      asked.push({
        method: request.method,
        url: request.url,
        tenant: request.headers['x-scope-orgid'],
        body,
      });
      answer(request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  api = new MimirApi(`http://127.0.0.1:${port}`);
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

describe('readiness', () => {
  test('is there', async () => expect(await api.ready()).toEqual({ ready: true }));

  test('is lacking, in words of Mimir on one line', async () => {
    says(503, 'Some services are not Running:\ningester-service: Starting\n');
    expect(await api.ready()).toEqual({
      ready: false,
      reason: 'Some services are not Running: ingester-service: Starting',
    });
  });

  test('is lacking when the port is open and nobody speaks, as while object storage is out of reach', async () => {
    answer = () => {};
    expect(await api.ready(50)).toEqual({ ready: false, reason: 'does not answer' });
  });

  test('is lacking when the port is closed', async () => {
    const nobody = new MimirApi('http://127.0.0.1:1');
    expect(await nobody.ready()).toMatchObject({ ready: false });
  });
});

describe('rules', () => {
  test('are listed by namespace', async () => {
    says(200, 'node:\n  - name: a\n    rules: []\n');
    expect(await api.rules('anonymous')).toEqual({ node: [{ name: 'a', rules: [] }] });
  });

  test('are nobody`s business but the tenant`s', async () => {
    says(200, '{}');
    expect(await api.rules('team-1', 'a/b%c')).toEqual({});
    expect(asked).toMatchObject([{ tenant: 'team-1', url: '/prometheus/config/v1/rules/a%2Fb%25c' }]);
  });

  test('are sent as one group of a namespace', async () => {
    says(202, '{"status":"success"}');
    await api.setRuleGroup('anonymous', 'node', { name: 'a', rules: [{ record: 'b', expr: '1' }] });
    const [request] = asked;
    expect(request).toMatchObject({ method: 'POST', url: '/prometheus/config/v1/rules/node' });
    expect(JSON.parse(request?.body ?? '')).toEqual({ name: 'a', rules: [{ record: 'b', expr: '1' }] });
  });

  test('that Mimir refuses are told in its words', async () => {
    says(400, '3:21: group "g1", rule 0, "a": could not parse expression: 1:5: parse error');
    const refused = api.setRuleGroup('anonymous', 'node', { name: 'g1' });
    await expect(refused).rejects.toThrow(MimirRefusedError);
    await expect(refused).rejects.toThrow('could not parse expression: 1:5: parse error');
  });
});

test('a failure of object storage is told without its URL and keys', async () => {
  says(
    500,
    'Get "https://minio:9000/bucket/?X-Amz-Signature=abcdef": dial tcp: refused, access_key_id=AKIA42',
  );
  const failed = api.rules('anonymous');
  await expect(failed).rejects.toThrow(MimirFailedError);
  await expect(failed).rejects.toThrow(/dial tcp: refused/);
  await expect(failed).rejects.not.toThrow(/Amz|AKIA42|9000/);
});

describe('the Alertmanager configuration of a tenant', () => {
  test('is read with its templates', async () => {
    says(200, 'template_files:\n  a.tmpl: x\nalertmanager_config: |\n  route: {}\n');
    expect(await api.alertmanagerConfig('t')).toEqual({
      config: 'route: {}\n',
      templates: { 'a.tmpl': 'x' },
    });
  });

  test('is absent when Mimir knows none', async () => {
    says(404, 'alertmanager storage object not found');
    expect(await api.alertmanagerConfig('t')).toBeUndefined();
  });

  test('is absent when Mimir has put an empty one in its place', async () => {
    says(200, 'alertmanager_config: ""\n');
    expect(await api.alertmanagerConfig('t')).toBeUndefined();
  });

  test('is sent in the wrapper that Mimir wants', async () => {
    says(201, '');
    await api.setAlertmanagerConfig('t', { config: 'route: {}', templates: { 'a.tmpl': 'x' } });
    expect(JSON.parse(asked[0]?.body ?? '')).toEqual({
      alertmanager_config: 'route: {}',
      template_files: { 'a.tmpl': 'x' },
    });
  });
});

test('metrics are read by name, with labels, and an absent one sums up to nothing', async () => {
  says(
    200,
    [
      '# HELP a b',
      'cortex_ingester_memory_series 12',
      'cortex_config_hash{sha256="ab\\"c"} 1',
      'other 5',
      'cortex_ingester_shipper_uploads_total{user="a"} 2',
      'cortex_ingester_shipper_uploads_total{user="b"} 1.5e1',
    ].join('\n'),
  );
  const samples = await api.metrics([
    'cortex_ingester_memory_series',
    'cortex_config_hash',
    'cortex_ingester_shipper_uploads_total',
    'absent',
  ]);
  expect(samples.map(({ name }) => name)).not.toContain('other');
  expect(samples.find(({ name }) => name === 'cortex_config_hash')?.labels).toEqual({ sha256: 'ab"c' });
  expect(sumOf(samples, 'cortex_ingester_shipper_uploads_total')).toBe(17);
  expect(sumOf(samples, 'absent')).toBe(0);
});

test('a flush waits, for all tenants or for one', async () => {
  says(204, '');
  await api.flush(undefined, 1000);
  await api.flush('a b', 1000);
  expect(asked.map(({ url }) => url)).toEqual([
    '/ingester/flush?wait=true',
    '/ingester/flush?wait=true&tenant=a%20b',
  ]);
});

test('what is wrong with an expression is taken out of the JSON around it', async () => {
  says(
    400,
    '{"status":"error","errorType":"bad_data","error":"invalid parameter \\"query\\": 1:5: parse error"}',
  );
  await expect(api.checkQuery('anonymous', 'sum(')).rejects.toThrow(
    'cannot parse the expression: invalid parameter "query": 1:5: parse error',
  );
});

test('statistics of all tenants come sorted', async () => {
  says(
    200,
    '[{"userID":"b","numSeries":3,"ingestionRate":1.5},{"userID":"a","numSeries":1,"ingestionRate":0}]',
  );
  expect((await api.tenantStats()).map(({ tenant }) => tenant)).toEqual(['a', 'b']);
});

test('no tenant at all is no statistics', async () => {
  says(200, 'null');
  expect(await api.tenantStats()).toEqual([]);
});

test('an answer that is not Mimir`s is an error of its own', async () => {
  says(200, '<html>proxy</html>');
  await expect(api.tenantStats()).rejects.toThrow(MimirAnswerError);
  says(200, '{"data": []}');
  await expect(api.buildInfo()).rejects.toThrow(MimirAnswerError);
});

test('nobody there is an error of its own, which says what was wanted', async () => {
  const nobody = new MimirApi('http://127.0.0.1:1');
  await expect(nobody.runningConfig('diff')).rejects.toThrow(MimirUnreachableError);
  await expect(nobody.runningConfig('diff')).rejects.toThrow(
    'cannot read the configuration: Mimir does not answer',
  );
});
