/** Certificates in PEM, as they come over relations. */
import { X509Certificate } from 'node:crypto';

const BLOCK = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** One certificate in the one form that all its spellings have in common; undefined when it is none. */
export function pem(text: string): string | undefined {
  try {
    return new X509Certificate(text).toString();
  } catch {
    return undefined;
  }
}

/** Every certificate in a text; undefined stands for one that cannot be read. */
export function certificatesIn(text: string): readonly (string | undefined)[] {
  return (text.match(BLOCK) ?? []).map(pem);
}

/** One text for equal sets of certificates, whatever their order. */
export function bundle(certificates: Iterable<string>): string {
  return [...new Set(certificates)].toSorted().join('');
}
