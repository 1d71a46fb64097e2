import { describe, expect, test } from 'vitest';
import { type GatewayInputs, planGateway } from '../../../charm/plan/gateway.ts';
import { GATEWAY_CA, GATEWAY_CONFIG, GATEWAY_TLS } from '../../../charm/plan/gateway-parts.ts';

const ADDRESSES = {
  distributor: [
    { host: '10.1.0.9', port: 9009 },
    { host: '10.1.0.8', port: 9009 },
  ],
  'query-frontend': [{ host: 'fd00::7', port: 9009 }],
};
const TLS = { pem: 'the unit', authorities: 'the authority', serverName: 'mimir.cos.svc.cluster.local' };

const BEST = { keepsConnections: true, countsConnections: true };

function planned(changes: Partial<GatewayInputs> = {}) {
  return planGateway({ app: 'mimir', addresses: ADDRESSES, ipv6: true, able: BEST, ...changes });
}

function config(changes: Partial<GatewayInputs> = {}): string {
  return planned(changes).files[GATEWAY_CONFIG]?.content ?? '';
}

/** A block of the configuration, with what is in it. */
function block(text: string, head: string): string {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => line.trim() === `${head} {`);
  const indent = lines[start]?.match(/^ */)?.[0] ?? '';
  const end = lines.findIndex((line, index) => index > start && line === `${indent}}`);
  return start < 0 ? '' : lines.slice(start + 1, end).join('\n');
}

describe('the configuration of the gateway', () => {
  test('has the servers of a component in an order of its own', () => {
    const upstream = block(config(), 'upstream distributor');
    expect(upstream.match(/server [^ ]+/g)).toEqual(['server 10.1.0.8:9009', 'server 10.1.0.9:9009']);
    const reversed = { ...ADDRESSES, distributor: ADDRESSES.distributor.toReversed() };
    expect(planned({ addresses: reversed })).toEqual(planned());
  });

  test('names each process once where any will do', () => {
    const same = { ...ADDRESSES, ingester: ADDRESSES.distributor };
    expect(block(config({ addresses: same }), 'upstream any').match(/server [^ ]+/g)).toEqual([
      'server 10.1.0.8:9009',
      'server 10.1.0.9:9009',
      'server [fd00::7]:9009',
    ]);
  });

  test('sends on what somebody runs, and says of the rest who is missing', () => {
    expect(block(config(), 'location = /api/v1/push')).toContain('proxy_pass http://distributor;');
    expect(block(config(), 'location /prometheus/')).toContain('proxy_pass http://query-frontend;');
    expect(block(config(), 'location = /prometheus/api/v1/rules')).toContain(
      'return 503 "No unit runs the ruler: relate an application that does to mimir:mimir-cluster.\\n";',
    );
    expect(config()).not.toContain('upstream ruler');
  });

  test('is whole with nobody in the cluster: everything is answered by a sentence', () => {
    const text = config({ addresses: {} });
    expect(text).not.toContain('proxy_pass');
    expect(block(text, 'location = /')).toContain('No unit runs Mimir');
    expect(block(text, 'location = /ready')).toContain('return 200');
  });

  test('leaves out what is no address: nginx would not start with it', () => {
    const addresses = {
      ...ADDRESSES,
      ruler: [
        { host: 'ruler-0.endpoints', port: 9009 },
        { host: '10.1.0.5; } evil {', port: 9009 },
        { host: '10.1.0.5', port: 0 },
        { host: '10.1.0.6', port: 9009 },
      ],
    };
    expect(block(config({ addresses }), 'upstream ruler').match(/server .*? /g)).toEqual([
      'server 10.1.0.6:9009 ',
    ]);
  });

  test('repeats a push and a query at another server, and never a change of rules that was sent', () => {
    const retries = (head: string) =>
      /proxy_next_upstream .*/.exec(block(config({ addresses: all }), head))?.[0];
    const all = { ...ADDRESSES, ruler: ADDRESSES.distributor };
    expect(retries('location = /api/v1/push')).toBe(
      'proxy_next_upstream error timeout http_500 http_503 non_idempotent;',
    );
    expect(retries('location /prometheus/')).toBe(
      'proxy_next_upstream error timeout http_503 non_idempotent;',
    );
    expect(retries('location /prometheus/config/v1/rules/')).toBe('proxy_next_upstream error timeout;');
  });

  test('listens where the container can', () => {
    expect(config()).toContain('listen [::]:8080;');
    expect(config({ ipv6: false })).not.toContain('[::]');
  });

  test('keeps no connection that a reload would cost a request', () => {
    expect(config()).toContain('keepalive_min_timeout');
    expect(config({ able: { ...BEST, keepsConnections: false } })).not.toContain('keepalive_min_timeout');
  });
});

describe('with TLS', () => {
  test('it speaks it to everybody, and knows whom it speaks to', () => {
    const text = config({ tls: TLS });
    expect(text).toContain('listen 8080 ssl;');
    expect(text).toContain('proxy_pass https://distributor;');
    expect(text).toContain('proxy_ssl_verify on;');
    expect(text).toContain('proxy_ssl_name mimir.cos.svc.cluster.local;');
    // Inside the pod there is nobody to hide from, and Pebble need trust nobody.
    expect(text).toContain('listen 127.0.0.1:8081;');
  });

  test('the key is for nginx alone, and never in the configuration', () => {
    const { files } = planned({ tls: TLS });
    expect(files[GATEWAY_TLS]).toEqual({ content: 'the unit', permissions: 0o600 });
    expect(files[GATEWAY_CA]?.content).toBe('the authority');
    expect(Object.keys(files).at(-1)).toBe(GATEWAY_CONFIG);
    expect(files[GATEWAY_CONFIG]?.content).not.toContain('the unit');
  });
});

describe('what nginx tells of itself', () => {
  test('is another digest whenever a file is another', () => {
    const digests = [
      planned(),
      planned({ addresses: {} }),
      planned({ tls: TLS }),
      planned({ tls: { ...TLS, pem: 'a renewed certificate' } }),
      planned({ tls: { ...TLS, authorities: 'another' } }),
    ].map(({ digest }) => digest);
    expect(new Set(digests).size).toBe(digests.length);
    expect(config()).toContain(`return 200 "${planned().digest}\\n";`);
  });

  test('and the layer is always the same: nothing ever restarts nginx', () => {
    expect(planned({ tls: TLS }).layers).toEqual(planned({ addresses: {} }).layers);
  });
});
