/**
 * Interface `s3`, requirer. One request that both generations of providers answer: v0 (s3-integrator track 1) puts
 * the keys in its databag, v1 (track 2, minio-k8s) in a Juju secret.
 */
import { type Bag, parseJson } from 'charmwright';
import * as z from 'zod/mini';
import { type KeyProblem, keyProblems } from './bag.ts';
import { pem } from './pem.ts';

/** How to reach the bucket, checked and in the form Mimir wants. */
export interface S3Connection {
  /** `host:port` or `host`, without scheme. */
  readonly endpoint: string;
  /** Plain HTTP. */
  readonly insecure: boolean;
  readonly bucket: string;
  readonly region?: string;
  /** Both, or neither: then whoever asks has a role of its own, as pods of a service account may on AWS. */
  readonly accessKey?: string;
  readonly secretKey?: string;
  readonly addressing: 'auto' | 'path' | 'virtual-hosted';
  readonly signature: 'v2' | 'v4';
  /** Letters and digits of the provider's `path`: what Mimir allows in front of its storage prefixes. */
  readonly prefix: string;
  /** Certificates that sign the endpoint's, as one PEM text. */
  readonly caChain?: string;
}

interface From {
  /** `s3:4` */
  readonly relation: string;
  readonly app: string;
}

export type ObjectStorage =
  /** No relation. */
  | { readonly kind: 'none' }
  /** The provider has not said enough yet. */
  | (From & {
      readonly kind: 'waiting';
      readonly missing: readonly string[];
      /** It named a secret that is not there, or not granted to us. */
      readonly unreadable?: true;
    })
  /** What the provider said cannot be used. */
  | (From & { readonly kind: 'invalid'; readonly problems: readonly KeyProblem[] })
  | (From & { readonly kind: 'ready'; readonly s3: S3Connection });

const SECRET_KEYS = ['access-key', 'secret-key'] as const;
const REQUESTED_SECRETS = JSON.stringify(SECRET_KEYS);

/**
 * Our application's databag. v0 answers to `bucket`, v1 to `requested-secrets` and a version, whose key differs
 * between the releases of its library.
 */
export function s3Request(bucket: string): Bag {
  return { bucket, 'lib-version': '1.0', 'requested-secrets': REQUESTED_SECRETS, version: '1' };
}

/** The leader's own databag: v1 providers look there too. */
export const S3_UNIT_REQUEST: Bag = { 'requested-secrets': REQUESTED_SECRETS };

const SECRET_URI = /^secret:(?:\/\/[0-9a-f-]{36}\/)?[0-9a-z]{20}$/;

/** The secret that holds the keys, of either form of URI; undefined for a v0 provider. */
export function s3SecretUri(bag: Bag): string | undefined {
  const uri = bag['secret-extra'];
  return uri !== undefined && SECRET_URI.test(uri) ? uri : undefined;
}

const HOST = /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9._-]*[a-zA-Z0-9])?|\[[0-9a-fA-F:.]+\])(?::\d{1,5})?$/;

const endpoint = z.pipe(
  z.string().check(z.trim(), z.maxLength(512, 'is too long')),
  z.transform((text: string, context) => {
    const [, scheme, rest = ''] = /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):\/\/)?(.*?)\/*$/s.exec(text) ?? [];
    const known = scheme === undefined || ['http', 'https'].includes(scheme.toLowerCase());
    const port = Number(/:(\d+)$/.exec(rest)?.[1] ?? 1);
    if (known && HOST.test(rest) && port >= 1 && port <= 65_535)
      return { scheme: scheme?.toLowerCase(), host: rest };
    // The text itself is not repeated: it may hold a user and a password.
    const message = 'must be http://HOST:PORT or https://HOST:PORT, without a path or a user';
    context.issues.push({ code: 'custom', input: undefined, message });
    return z.NEVER;
  }),
);

/** Text of credentials is taken as it is: `123456` and `true` are keys, not JSON. */
const credential = z
  .string()
  .check(z.maxLength(1024, 'is too long'), z.regex(/^[^\p{Cc}]+$/u, 'has control characters'));

const readChain = z.transform((text: string, context) => {
  const list = z.array(z.string()).safeParse(parseJson(text));
  if (!list.success) {
    context.issues.push({ code: 'custom', input: text, message: 'must be a JSON list of certificates' });
    return z.NEVER;
  }
  const chain = list.data.map(pemOrBase64);
  const bad = chain.indexOf(undefined);
  if (bad === -1) return chain.join('\n');
  const message = `certificate ${bad + 1} of ${chain.length} is not a PEM certificate`;
  context.issues.push({ code: 'custom', input: text, message });
  return z.NEVER;
});
const caChain = z.pipe(z.string(), readChain);

/** A certificate in PEM; the specification says base64 of PEM, providers write PEM. */
function pemOrBase64(text: string): string | undefined {
  return pem(text.includes('-----BEGIN') ? text : Buffer.from(text, 'base64').toString('utf8'));
}

const matching = (pattern: RegExp, problem: string) => z.string().check(z.regex(pattern, problem));

/** The provider's databag. Keys we do not use may hold anything. */
const providerSchema = z.object({
  endpoint,
  bucket: matching(
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
    'must be 3 to 63 lower-case letters, digits, dots and dashes',
  ),
  region: z.optional(matching(/^[a-zA-Z0-9-]{1,64}$/, 'must be letters, digits and dashes')),
  path: z.optional(
    z.pipe(
      z.string().check(z.maxLength(256, 'is too long')),
      z.transform((path) => path.replaceAll(/[^a-zA-Z0-9]/g, '')),
    ),
  ),
  's3-uri-style': z.optional(z.enum(['path', 'host'], 'must be path or host')),
  's3-api-version': z.optional(z.enum(['2', '4'], 'must be 2 or 4')),
  'tls-ca-chain': z.optional(caChain),
  'secret-extra': z.optional(matching(SECRET_URI, 'must be the URI of a secret')),
  'access-key': z.optional(credential),
  'secret-key': z.optional(credential),
});

const PLACE = ['bucket', 'endpoint'] as const;
const ADDRESSING = { path: 'path', host: 'virtual-hosted' } as const;

/**
 * What the provider offers. Never throws.
 * @param secret content of the secret that {@link s3SecretUri} names; undefined when there is none or it cannot be
 * read yet.
 * @param needsKeys false where a provider may leave them out.
 */
export function readS3(from: From, bag: Bag, secret: Bag | undefined, needsKeys = true): ObjectStorage {
  const said = withoutBlankKeys({ ...bag, ...secret });
  const hasKeys = SECRET_KEYS.some((key) => said[key] !== undefined) || s3SecretUri(bag) !== undefined;
  const required = needsKeys || hasKeys ? [...SECRET_KEYS, ...PLACE] : PLACE;
  const missing = required.filter((key) => (said[key] ?? '').trim() === '');
  // Faults of what is there are worth telling even while other keys are missing.
  const parsed = providerSchema.safeParse(said);
  const problems = parsed.success
    ? []
    : keyProblems(parsed.error).filter(({ key }) => !missing.some((m) => m === key));
  if (problems.length > 0) return { ...from, kind: 'invalid', problems };
  if (missing.length > 0 || !parsed.success) {
    const unreadable = secret === undefined && s3SecretUri(bag) !== undefined;
    return { ...from, kind: 'waiting', missing, ...(unreadable && { unreadable }) };
  }

  const data = parsed.data;
  const {
    'access-key': accessKey,
    'secret-key': secretKey,
    endpoint: { scheme, host },
  } = data;
  if (host.startsWith(`${data.bucket}.`)) {
    const problem = 'must not begin with the name of the bucket';
    return { ...from, kind: 'invalid', problems: [{ key: 'endpoint', problem }] };
  }
  const chain = data['tls-ca-chain'];
  const style = data['s3-uri-style'];
  return {
    ...from,
    kind: 'ready',
    s3: {
      endpoint: host,
      insecure: scheme === undefined ? !chain : scheme === 'http',
      bucket: data.bucket,
      ...(data.region !== undefined && { region: data.region }),
      ...(accessKey !== undefined && { accessKey }),
      ...(secretKey !== undefined && { secretKey }),
      addressing: style === undefined ? 'auto' : ADDRESSING[style],
      signature: data['s3-api-version'] === '2' ? 'v2' : 'v4',
      prefix: data.path ?? '',
      ...(chain && { caChain: chain }),
    },
  };
}

/** A key that is empty is none. */
function withoutBlankKeys(said: Bag): Bag {
  const isBlank = (key: string) =>
    SECRET_KEYS.some((each) => each === key) && (said[key] ?? '').trim() === '';
  return Object.fromEntries(Object.entries(said).filter(([key]) => !isBlank(key)));
}
