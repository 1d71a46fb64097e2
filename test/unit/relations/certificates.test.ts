import { describe, expect, test } from 'vitest';
import { readTransferV0, readTransferV1 } from '../../../relations/certificate-transfer.ts';
import { certificateRequestBag, readCertificates } from '../../../relations/certificates.ts';
import { bundle, certificatesIn } from '../../../relations/pem.ts';
import { CERTIFICATE } from '../../support/certificate.ts';
import { UNIT_AUTHORITY, UNIT_CERTIFICATE, UNIT_REQUEST } from '../../support/unit-certificate.ts';

const ENTRY = {
  ca: UNIT_AUTHORITY,
  certificate: UNIT_CERTIFICATE,
  certificate_signing_request: UNIT_REQUEST,
  chain: [UNIT_CERTIFICATE, UNIT_AUTHORITY],
};

function read(...entries: readonly unknown[]) {
  return readCertificates({ certificates: JSON.stringify(entries) }, UNIT_REQUEST);
}

describe('a provider of certificates', () => {
  test('is asked with `ca` in the entry, without which it overlooks the whole bag', () => {
    expect(JSON.parse(certificateRequestBag(UNIT_REQUEST).certificate_signing_requests ?? '')).toEqual([
      { ca: false, certificate_signing_request: UNIT_REQUEST.trim() },
    ]);
  });

  test.each([
    ['as it was asked', UNIT_REQUEST],
    ['without the last line feed', UNIT_REQUEST.trim()],
    ['with other line ends', UNIT_REQUEST.replaceAll('\n', '\r\n')],
  ])('answers to the request %s', (_how, certificate_signing_request) => {
    expect(
      read(
        'nonsense',
        { ...ENTRY, certificate_signing_request: 'x' },
        { ...ENTRY, certificate_signing_request },
      ),
    ).toEqual({
      kind: 'issued',
      certificate: UNIT_CERTIFICATE,
      issuers: [UNIT_AUTHORITY],
    });
  });

  test('may leave the chain out, or put authorities between', () => {
    const { chain: _, ...bare } = ENTRY;
    expect(read(bare)).toMatchObject({ issuers: [UNIT_AUTHORITY] });
    const chain = [UNIT_CERTIFICATE, CERTIFICATE, UNIT_AUTHORITY];
    expect(read({ ...ENTRY, chain })).toMatchObject({ issuers: [CERTIFICATE, UNIT_AUTHORITY] });
  });

  test.each([
    [undefined, 'none'],
    ['', 'none'],
    ['nonsense', 'invalid'],
    ['{}', 'invalid'],
    ['[]', 'none'],
    [JSON.stringify([{ ...ENTRY, certificate: 7 }]), 'invalid'],
    [JSON.stringify([{ ...ENTRY, ca: 'x' }]), 'invalid'],
    [JSON.stringify([{ ...ENTRY, chain: Array(17).fill(UNIT_AUTHORITY) }]), 'invalid'],
    [JSON.stringify([{ ...ENTRY, revoked: true }]), 'revoked'],
    [JSON.stringify([{ ...ENTRY, revoked: null }]), 'issued'],
  ])('that says %j: %s', (certificates, kind) => {
    expect(readCertificates(certificates === undefined ? {} : { certificates }, UNIT_REQUEST).kind).toBe(
      kind,
    );
  });

  test.each([
    [{ code: 101, name: 'IP_NOT_ALLOWED', message: 'no\naddresses' }, 'IP_NOT_ALLOWED: no addresses'],
    [{ code: 999, name: 'OTHER', message: 'x'.repeat(500), reason: null }, `OTHER: ${'x'.repeat(193)}`],
    [{}, ''],
  ])('that refuses with %j is quoted, in one short line', (error, why) => {
    const request_errors = JSON.stringify([7, { csr: 'another', error }, { csr: UNIT_REQUEST, error }]);
    expect(readCertificates({ request_errors }, UNIT_REQUEST)).toEqual({ kind: 'refused', why });
  });
});

describe('an authority that is handed out', () => {
  test.each<[string, Readonly<Record<string, string>>, number, number]>([
    ['nothing', {}, 0, 0],
    ['a list', { certificates: JSON.stringify([CERTIFICATE, UNIT_AUTHORITY]) }, 2, 0],
    ['several in one text', { certificates: JSON.stringify([CERTIFICATE + UNIT_AUTHORITY]) }, 2, 0],
    ['a bad one among good ones', { certificates: JSON.stringify([CERTIFICATE, 'x']) }, 1, 1],
    ['no list', { certificates: JSON.stringify(CERTIFICATE) }, 0, 1],
    ['no JSON', { certificates: CERTIFICATE }, 0, 1],
    ['far too many', { certificates: JSON.stringify(Array(1001).fill('x')) }, 0, 1],
  ])('version 1: %s', (_what, app, certificates, problems) => {
    const said = readTransferV1(app);
    expect([said.certificates.length, said.problems.length]).toEqual([certificates, problems]);
  });

  test.each<[string, Readonly<Record<string, string>>]>([
    ['a chain', { chain: JSON.stringify([CERTIFICATE]), ca: 'nonsense' }],
    ['an authority as it is', { ca: CERTIFICATE }],
    ['an authority as JSON', { ca: JSON.stringify(CERTIFICATE) }],
  ])('version 0: %s', (_what, unit) => {
    expect(readTransferV0(unit)).toEqual({ certificates: [CERTIFICATE], problems: [] });
  });
});

test('equal sets of certificates are one text', () => {
  const both = CERTIFICATE + UNIT_AUTHORITY;
  const read = certificatesIn(`# a comment\n${both}${both.replaceAll('\n', '\r\n')}`).map(
    (each) => each ?? '',
  );
  expect(bundle(read)).toBe([CERTIFICATE, UNIT_AUTHORITY].toSorted().join(''));
  expect(bundle(read.toReversed())).toBe(bundle(read));
});
