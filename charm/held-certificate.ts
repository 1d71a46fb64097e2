/**
 * What a unit holds for TLS: a key that never leaves it, a request for a certificate, and the certificate. It is kept
 * in a Juju secret of the unit's own, which expires when the certificate is to be renewed. Nothing here is done before
 * the dispatch has succeeded: a hook that is killed has changed neither the secret nor the request.
 */
import { createPrivateKey, generateKeyPair, randomUUID, X509Certificate } from 'node:crypto';
import { promisify } from 'node:util';
import type { Juju } from 'charmwright';
import * as z from 'zod/mini';
import type { CertificateAnswer } from '../relations/certificates.ts';
import { certificateRequest } from './csr.ts';
import type { Spec } from './generated.ts';

const LABEL = 'certificates';
/** Part of its lifetime after which a certificate is renewed. */
const RENEW_AFTER = 0.9;
const KEY_BITS = 2048;

const heldShape = z.object({
  'private-key': z.string(),
  /** The request that stands in the databag. */
  csr: z.string(),
  /** Whom the request names, joined by commas. */
  names: z.string(),
  /** PEM. For a while after a renewal was asked for it is that of an earlier request. */
  certificate: z.optional(z.string()),
  issuers: z.optional(z.string()),
});
export type Held = z.infer<typeof heldShape>;

/** Whom a certificate is asked for. */
export interface Subject {
  readonly commonName: string;
  readonly dnsNames: readonly string[];
}

/** What has become of the unit's request. */
export type Progress =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'done' }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'unusable'; readonly key: string; readonly problem: string };

/** What the unit holds; undefined when nothing, or nothing of use. */
export async function readHeld(juju: Juju<Spec>): Promise<Held | undefined> {
  const read = heldShape.safeParse(await juju.secrets.content(LABEL));
  return read.success ? read.data : undefined;
}

/** One step of a certificate's life: a first request, a certificate that came, one that is due or taken back. */
export async function advance(
  held: Held | undefined,
  subject: Subject,
  read: (csr: string) => CertificateAnswer,
  now = Date.now(),
): Promise<{ readonly held: Held; readonly progress: Progress }> {
  const names = [subject.commonName, ...subject.dnsNames].join(',');
  if (held === undefined) {
    const key = await newKey();
    return { held: { 'private-key': key, names, csr: request(key, subject) }, progress: { kind: 'waiting' } };
  }
  if (held.names !== names) return { held: asksAgain(held, names, subject), progress: { kind: 'waiting' } };
  const answer = read(held.csr);
  switch (answer.kind) {
    case 'none':
      return { held, progress: { kind: 'waiting' } };
    case 'refused':
      return { held, progress: answer };
    case 'invalid':
      return { held, progress: { ...answer, kind: 'unusable' } };
    case 'revoked': {
      // A key that somebody else may have is of no use any more.
      const key = await newKey();
      return {
        held: { 'private-key': key, names, csr: request(key, subject) },
        progress: { kind: 'waiting' },
      };
    }
    case 'issued': {
      const problem = faultOf(held, subject, answer.certificate);
      if (problem !== undefined)
        return { held, progress: { kind: 'unusable', key: 'certificates', problem } };
      const next = { ...held, certificate: answer.certificate, issuers: answer.issuers.join('') };
      if (now < renewalOf(answer.certificate).getTime()) return { held: next, progress: { kind: 'done' } };
      return { held: asksAgain(next, names, subject), progress: { kind: 'waiting' } };
    }
  }
}

/** Writes what differs. Juju tells when the certificate is to be renewed. */
export async function keepHeld(juju: Juju<Spec>, before: Held | undefined, after: Held): Promise<void> {
  if (JSON.stringify(before) === JSON.stringify(after)) return removeOld(juju);
  const { certificate, issuers = '', ...rest } = after;
  const content = certificate === undefined ? rest : { ...rest, certificate, issuers };
  const expire = certificate !== undefined && before?.csr === after.csr ? renewalOf(certificate) : undefined;
  await juju.secrets.put('unit', LABEL, content, {
    description: 'Private key and certificate of this unit.',
    // Juju takes no moment that has passed.
    ...(expire !== undefined && expire.getTime() > Date.now() && { expire }),
  });
}

/**
 * A revision that has expired, or that Juju says nobody reads. Not in the dispatch that sets a newer one: of a removal
 * and a change of one secret in one hook, Juju does only the later.
 */
async function removeOld({ event, secrets }: Juju<Spec>): Promise<void> {
  if ((event.kind !== 'secret-expired' && event.kind !== 'secret-remove') || event.label !== LABEL) return;
  const known = await secrets.owned(LABEL);
  if (known !== undefined && event.revision < known.revision)
    await secrets.remove(event.secretId, event.revision);
}

/** Nothing is left of it. */
export async function forgetHeld(juju: Juju<Spec>): Promise<void> {
  const known = await juju.secrets.owned(LABEL);
  if (known !== undefined) await juju.secrets.remove(known.id);
}

/** When the certificate is to be renewed. */
function renewalOf(certificate: string): Date {
  const { validFrom, validTo } = new X509Certificate(certificate);
  const [from, to] = [Date.parse(validFrom), Date.parse(validTo)];
  return new Date(from + (to - from) * RENEW_AFTER);
}

/** What keeps the certificate from being this unit's. */
function faultOf(held: Held, { dnsNames }: Subject, certificate: string): string | undefined {
  const read = new X509Certificate(certificate);
  if (!read.checkPrivateKey(createPrivateKey(held['private-key'])))
    return "the certificate of this unit is for another's key";
  if (read.ca) return 'the certificate of this unit is that of an authority';
  const lacking = dnsNames.filter((name) => read.checkHost(name) === undefined && name !== 'localhost');
  return lacking.length === 0
    ? undefined
    : `the certificate of this unit does not name ${lacking.join(', ')}`;
}

function asksAgain(held: Held, names: string, subject: Subject): Held {
  return { ...held, names, csr: request(held['private-key'], subject) };
}

function request(key: string, subject: Subject): string {
  return certificateRequest(key, { ...subject, uniqueId: randomUUID() });
}

async function newKey(): Promise<string> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: KEY_BITS });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}
