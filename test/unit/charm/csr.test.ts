import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { certificateRequest } from '../../../charm/csr.ts';
import { UNIT_KEY } from '../../support/unit-certificate.ts';

const UNIQUE = '5a4f2a56-6a5b-4a9e-8f0e-2f3b1c9d7e10';

/** What openssl reads in a request, after it has verified the signature. */
function read(csr: string): string {
  return execFileSync(
    'openssl',
    ['req', '-verify', '-noout', '-text', '-nameopt', 'utf8,sep_comma_plus_space'],
    {
      input: csr,
      encoding: 'utf8',
      stdio: ['pipe', 'pipe', 'ignore'],
    },
  );
}

describe('a certificate signing request', () => {
  test('is read by openssl with all that it names, and its signature holds', () => {
    const dnsNames = ['mimir-k8s-0.mimir-k8s-endpoints.cos.svc.cluster.local', 'localhost'];
    const text = read(certificateRequest(UNIT_KEY, { commonName: 'mimir-k8s', uniqueId: UNIQUE, dnsNames }));
    expect(text).toContain(`Subject: CN=mimir-k8s, x500UniqueIdentifier=${UNIQUE}`);
    expect(text).toContain(`DNS:${dnsNames[0]}, DNS:localhost`);
    expect(text).not.toContain('critical');
    expect(text).toContain('sha256WithRSAEncryption');
  });

  test.each([1, 10, 100])('holds %i names, whatever the length of their lengths', (count) => {
    const dnsNames = Array.from({ length: count }, (_, at) => `unit-${at}.${'x'.repeat(50)}.example.org`);
    const text = read(certificateRequest(UNIT_KEY, { commonName: 'é', uniqueId: UNIQUE, dnsNames }));
    expect(text.match(/DNS:/g)).toHaveLength(count);
    expect(text).toContain('CN=é');
  });

  test('has a common name of 64 characters at most', () => {
    const text = read(
      certificateRequest(UNIT_KEY, { commonName: 'a'.repeat(70), uniqueId: UNIQUE, dnsNames: ['localhost'] }),
    );
    expect(text).toMatch(/CN=a{64},/);
  });
});
