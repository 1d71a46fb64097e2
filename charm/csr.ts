/**
 * Certificate signing requests (PKCS#10). Node reads certificates and asks for none; what a request needs of DER is
 * six kinds of values, less than any library for it would bring.
 */
import { createPrivateKey, createPublicKey, sign } from 'node:crypto';

/** Whom a certificate is to name. */
export interface CsrSubject {
  /** At most 64 characters, by the standard; what is longer is cut. */
  readonly commonName: string;
  /** Makes the request one of its kind: providers give equal requests the certificate that they gave before. */
  readonly uniqueId: string;
  /** Each once, in this order. */
  readonly dnsNames: readonly string[];
}

const LONGEST_COMMON_NAME = 64;

const OID = {
  commonName: '2.5.4.3',
  x500UniqueIdentifier: '2.5.4.45',
  extensionRequest: '1.2.840.113549.1.9.14',
  subjectAltName: '2.5.29.17',
  sha256WithRsa: '1.2.840.113549.1.1.11',
} as const;

/** ASN.1's tags, by what X.690 and RFC 5280 call them. */
const TAG = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  sequence: 0x30,
  set: 0x31,
  dnsName: 0x82,
  attributes: 0xa0,
} as const;

/** @param privateKeyPem an RSA key, PKCS#8. @returns PEM, ending in a line feed. */
export function certificateRequest(privateKeyPem: string, subject: CsrSubject): string {
  const key = createPrivateKey(privateKeyPem);
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'der' });
  const name = sequence(
    attribute(OID.commonName, subject.commonName.slice(0, LONGEST_COMMON_NAME)),
    attribute(OID.x500UniqueIdentifier, subject.uniqueId),
  );
  const names = subject.dnsNames.map((dns) => tagged(TAG.dnsName, Buffer.from(dns, 'ascii')));
  const extension = sequence(oid(OID.subjectAltName), tagged(TAG.octetString, sequence(...names)));
  const wanted = sequence(oid(OID.extensionRequest), tagged(TAG.set, sequence(extension)));
  const version = tagged(TAG.integer, Buffer.of(0));
  const info = sequence(version, name, publicKey, tagged(TAG.attributes, wanted));
  const algorithm = sequence(oid(OID.sha256WithRsa), tagged(TAG.null));
  const signature = tagged(TAG.bitString, Buffer.of(0), sign('sha256', info, key));
  return pem(sequence(info, algorithm, signature));
}

/** One attribute of a distinguished name. */
function attribute(type: string, text: string): Buffer {
  return tagged(TAG.set, sequence(oid(type), tagged(TAG.utf8String, Buffer.from(text, 'utf8'))));
}

function sequence(...parts: readonly Uint8Array[]): Buffer {
  return tagged(TAG.sequence, ...parts);
}

function tagged(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.of(tag), length(content.length), content]);
}

/** Short lengths are one byte; longer ones are led by the number of their bytes. */
function length(size: number): Buffer {
  if (size < 0x80) return Buffer.of(size);
  const bytes = base256(size);
  return Buffer.of(0x80 | bytes.length, ...bytes);
}

function base256(value: number): readonly number[] {
  return value < 0x100 ? [value] : [...base256(Math.floor(value / 0x100)), value % 0x100];
}

/** The first two numbers share a byte; all others go seven bits a byte, the last without the high bit. */
function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return tagged(TAG.oid, Buffer.from([first * 40 + second, ...rest.flatMap((each) => base128(each))]));
}

function base128(value: number, high = 0): readonly number[] {
  const byte = (value % 0x80) | high;
  return value < 0x80 ? [byte] : [...base128(Math.floor(value / 0x80), 0x80), byte];
}

function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE REQUEST-----', ...lines, '-----END CERTIFICATE REQUEST-----', ''].join(
    '\n',
  );
}
