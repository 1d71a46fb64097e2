/** Hook tools' answers in the shapes of a snapshot. */
import * as z from 'zod';

/** Go prints an empty list or map as `null`. */
export function nothingView<T>(shape: z.ZodType<T>, empty: T) {
  return shape.nullable().transform((value) => value ?? empty);
}

export const storageView = z.object({ kind: z.enum(['filesystem', 'block']), location: z.string() });

export const networkView = z
  .object({
    'bind-addresses': z
      .array(
        z.object({
          'mac-address': z.string().optional(),
          'interface-name': z.string().default(''),
          addresses: z
            .array(
              z.object({ hostname: z.string().optional(), value: z.string(), cidr: z.string().default('') }),
            )
            .nullish(),
        }),
      )
      .nullish(),
    'egress-subnets': z.array(z.string()).nullish(),
    'ingress-addresses': z.array(z.string()).nullish(),
  })
  .transform((network) => ({
    bindAddresses: (network['bind-addresses'] ?? []).map((nic) => ({
      interfaceName: nic['interface-name'],
      ...(nic['mac-address'] ? { macAddress: nic['mac-address'] } : {}),
      addresses: (nic.addresses ?? []).map(({ hostname, value, cidr }) => ({
        ...(hostname ? { hostname } : {}),
        value,
        cidr,
      })),
    })),
    egressSubnets: network['egress-subnets'] ?? [],
    ingressAddresses: network['ingress-addresses'] ?? [],
  }));

export const cloudView = z
  .object({
    type: z.string(),
    name: z.string(),
    region: z.string().optional(),
    endpoint: z.string().optional(),
    credential: z
      .object({
        'auth-type': z.string(),
        attrs: z.record(z.string(), z.string()).nullish(),
        redacted: z.array(z.string()).nullish(),
      })
      .nullish(),
    cacertificates: z.array(z.string()).nullish(),
    'skip-tls-verify': z.boolean().optional(),
    'is-controller-cloud': z.boolean().optional(),
  })
  .transform((cloud) => ({
    type: cloud.type,
    name: cloud.name,
    ...(cloud.region ? { region: cloud.region } : {}),
    ...(cloud.endpoint ? { endpoint: cloud.endpoint } : {}),
    ...(cloud.credential
      ? {
          credential: {
            authType: cloud.credential['auth-type'],
            attrs: cloud.credential.attrs ?? {},
            redacted: cloud.credential.redacted ?? [],
          },
        }
      : {}),
    ...(cloud.cacertificates?.length ? { caCertificates: cloud.cacertificates } : {}),
    ...(cloud['skip-tls-verify'] ? { skipTlsVerify: true } : {}),
    ...(cloud['is-controller-cloud'] ? { isControllerCloud: true } : {}),
  }));

/** `secret-info-get`, by id. */
export const secretInfo = z.record(
  z.string(),
  z.object({
    revision: z.int(),
    owner: z.enum(['application', 'unit']),
    label: z.string().optional(),
    description: z.string().optional(),
    rotation: z.enum(['never', 'hourly', 'daily', 'weekly', 'monthly', 'quarterly', 'yearly']).optional(),
    expiry: z.string().optional(),
    /** Targets and scopes are Juju's tags: `application-grafana`, `unit-grafana-0`, `relation-a.x#b.y`. */
    access: z.array(z.object({ target: z.string(), scope: z.string() })).nullish(),
  }),
);
export type SecretInfo = z.infer<typeof secretInfo>[string];
