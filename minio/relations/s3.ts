/**
 * The provider's side of interface `s3`, for requirers of version 0 and 1 (those of Canonical's s3-integrator).
 *
 * A requirer that names `requested-secrets` speaks version 1 and gets its keys in a Juju secret; any other gets them
 * in the databag. The version is always published, as by s3-integrator: version 0 ignores the key.
 */
import { json } from 'charmwright';
import * as z from 'zod';

const LONGEST = 1024;
const text = z.string().max(LONGEST).optional();

export const s3Provider = {
  remoteApp: z.object({
    bucket: text,
    path: text,
    'requested-secrets': json(z.array(z.string().max(LONGEST))).optional(),
    version: text,
    'lib-version': text,
  }),
} as const;

export type S3RequestBag = z.output<typeof s3Provider.remoteApp>;

/** What one requirer asks for. */
export type S3Ask =
  /** Nothing written yet. */
  | { readonly kind: 'silent' }
  | { readonly kind: 'asks'; readonly bucket: string; readonly path?: string; readonly asSecret: boolean };

/** Reads a request. Who opens the conversation without naming a bucket means `relation-<id>`. */
export function readAsk(bag: S3RequestBag, relationId: number): S3Ask {
  const { bucket, path, version } = bag;
  const asSecret = bag['requested-secrets'] !== undefined;
  if (bucket === undefined && version === undefined && bag['lib-version'] === undefined && !asSecret) {
    return { kind: 'silent' };
  }
  return {
    kind: 'asks',
    bucket: bucket ?? `relation-${relationId}`,
    ...(path === undefined ? {} : { path }),
    asSecret,
  };
}

/** What a requirer that is served may know. */
export interface S3Offer {
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly path?: string;
  /** The URI of the secret that holds both keys, or the keys themselves. */
  readonly keys: { readonly secret: string } | { readonly accessKey: string; readonly secretKey: string };
}

/** The whole application databag. Without an offer only the version: the requirer then waits. */
export function offerBag(offer: S3Offer | undefined): Record<string, string> {
  const version = { version: '1', 'lib-version': '1.0' };
  if (offer === undefined) return version;
  return {
    ...version,
    endpoint: offer.endpoint,
    region: offer.region,
    bucket: offer.bucket,
    ...(offer.path === undefined ? {} : { path: offer.path }),
    's3-uri-style': 'path',
    ...('secret' in offer.keys
      ? { 'secret-extra': offer.keys.secret }
      : { 'access-key': offer.keys.accessKey, 'secret-key': offer.keys.secretKey }),
  };
}
