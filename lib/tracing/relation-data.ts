/** What the interfaces `tracing` (v2) and `certificate_transfer` say, as far as a charm needs it that sends traces. */
import * as z from 'zod/mini';
import type { Bag } from '../hook-tools/relation.ts';
import { parseJson } from '../json.ts';

export const PROTOCOL = 'otlp_http';

/** Our application's databag in the tracing relation: what is asked for. One unknown name would spoil the request. */
export const TRACING_REQUEST: Bag = { receivers: JSON.stringify([PROTOCOL]) };

/** Our application's databag in the certificates' relation: the version that we speak. */
export const CERTIFICATES_REQUEST: Bag = { version: '1' };

const receivers = z.array(
  z.object({ protocol: z.object({ name: z.string(), type: z.string() }), url: z.string() }),
);

/**
 * The URL at which the other side takes OTLP over HTTP. Undefined when it takes none yet (a relay that has no
 * backend), and when its data are not as the interface wants them.
 */
export function receiverUrl(remoteApp: Bag): string | undefined {
  const listed = receivers.safeParse(parseJson(remoteApp.receivers ?? ''));
  return listed.data?.find(({ protocol }) => protocol.name === PROTOCOL)?.url;
}

const listed = z.array(z.string());

/** The certificates that an application publishes to all (v1). */
export function appCertificates(remoteApp: Bag): readonly string[] {
  return listed.safeParse(parseJson(remoteApp.certificates ?? '')).data ?? [];
}

/** Those that one of its units publishes (v0): a chain, or a single authority, as JSON or as it is. */
export function unitCertificates(remoteUnit: Bag): readonly string[] {
  const chain = listed.safeParse(parseJson(remoteUnit.chain ?? '')).data ?? [];
  if (chain.length > 0 || remoteUnit.ca === undefined) return chain;
  const ca = parseJson(remoteUnit.ca);
  return [typeof ca === 'string' ? ca : remoteUnit.ca];
}
