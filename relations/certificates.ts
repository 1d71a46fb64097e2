/** Interface `tls-certificates`, version 1, requirer: this unit's request, and what the provider has made of it. */
import { type Bag, parseJson, stableJson } from 'charmwright';
import * as z from 'zod/mini';
import { pem } from './pem.ts';

/** What the provider says to one request. */
export type CertificateAnswer =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'issued';
      /** PEM. */
      readonly certificate: string;
      /** The authorities above it, PEM, the nearest first. Never empty. */
      readonly issuers: readonly string[];
    }
  | { readonly kind: 'revoked' }
  /** The provider's own words, shortened. */
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'invalid'; readonly key: string; readonly problem: string };

/** This unit's databag. Without `ca` a provider overlooks the whole bag. */
export function certificateRequestBag(csr: string): Bag {
  return {
    certificate_signing_requests: stableJson([{ ca: false, certificate_signing_request: csr.trim() }]),
  };
}

const LONGEST_PEM = 64 * 1024;
const LONGEST_CHAIN = 16;
const LONGEST_REFUSAL = 200;

const pemText = z.string().check(z.maxLength(LONGEST_PEM));
/** Only what tells whose entry it is: an entry of another unit may hold anything. */
const entryShape = z.looseObject({ certificate_signing_request: pemText });
const issuedShape = z.object({
  certificate: pemText,
  ca: pemText,
  chain: z._default(z.array(pemText).check(z.maxLength(LONGEST_CHAIN)), []),
  revoked: z.nullish(z.boolean()),
});
const errorShape = z.object({
  csr: pemText,
  error: z.object({
    message: z.catch(z.string(), ''),
    name: z.catch(z.string(), ''),
    reason: z.nullish(z.string()),
  }),
});

/** The provider's databag. Never throws. */
export function readCertificates(bag: Bag, csr: string): CertificateAnswer {
  const text = bag.certificates ?? '';
  const list = text === '' ? [] : parseJson(text);
  if (!Array.isArray(list)) return invalid('certificates', 'must be a JSON list');
  const mine = list.find((entry) => {
    const read = entryShape.safeParse(entry);
    return read.success && sameRequest(read.data.certificate_signing_request, csr);
  });
  return mine === undefined ? readErrors(bag, csr) : readEntry(mine);
}

function readEntry(entry: unknown): CertificateAnswer {
  const read = issuedShape.safeParse(entry);
  if (!read.success)
    return invalid('certificates', 'the entry of this unit must have certificate, ca and chain');
  if (read.data.revoked === true) return { kind: 'revoked' };
  const certificate = pem(read.data.certificate);
  if (certificate === undefined) return invalid('certificates', 'the certificate of this unit is not PEM');
  const texts = [...read.data.chain, read.data.ca];
  const above = texts.map(pem).filter((each) => each !== undefined);
  if (above.length < texts.length) return invalid('certificates', 'ca and chain must be PEM certificates');
  const issuers = [...new Set(above)].filter((each) => each !== certificate);
  // Else it is its own authority.
  return { kind: 'issued', certificate, issuers: issuers.length === 0 ? [certificate] : issuers };
}

function readErrors(bag: Bag, csr: string): CertificateAnswer {
  const list = parseJson(bag.request_errors ?? '');
  if (!Array.isArray(list)) return { kind: 'none' };
  for (const entry of list) {
    const read = errorShape.safeParse(entry);
    if (!read.success || !sameRequest(read.data.csr, csr)) continue;
    const { name, message, reason } = read.data.error;
    const words = [name, message, reason ?? ''].filter((text) => text !== '').join(': ');
    return { kind: 'refused', why: words.replaceAll(/[\p{Cc}\s]+/gu, ' ').slice(0, LONGEST_REFUSAL) };
  }
  return { kind: 'none' };
}

function invalid(key: string, problem: string): CertificateAnswer {
  return { kind: 'invalid', key, problem };
}

/** Providers reformat PEM. */
function sameRequest(a: string, b: string): boolean {
  return body(a) === body(b);
}

function body(text: string): string {
  return text.replaceAll(/-----[A-Z ]+-----|\s/g, '');
}
