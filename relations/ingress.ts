/** Interface `ingress`, version 2, requirer: one address for all units, from outside. Every value is JSON. */
import { type Bag, parseJson, stableJson } from 'charmwright';
import * as z from 'zod/mini';
import { plainHttpUrl } from './http-url.ts';

export interface IngressRequest {
  readonly model: string;
  /** The application that is asked for. */
  readonly name: string;
  readonly port: number;
  readonly scheme: 'http' | 'https';
  /** Asked by the ingress: a unit that does not answer gets nothing. */
  readonly healthPath: string;
}

/** Of Traefik's own 30 seconds a unit that leaves would be sent requests to the end. */
const HEALTH_INTERVAL = '5s';
const HEALTH_TIMEOUT = '3s';

/** Our application's databag. The ingress takes its own prefix away: Mimir does not know of it. */
export function ingressApp({ model, name, port, scheme, healthPath }: IngressRequest): Bag {
  return {
    healthcheck_params: stableJson({
      path: healthPath,
      interval: HEALTH_INTERVAL,
      timeout: HEALTH_TIMEOUT,
      ...(scheme === 'https' && { scheme }),
    }),
    model: stableJson(model),
    name: stableJson(name),
    port: stableJson(port),
    ...(scheme === 'https' && { scheme: stableJson(scheme) }),
    'strip-prefix': stableJson(true),
  };
}

/** Our unit's databag. While any unit lacks it, Traefik publishes no address at all. */
export function ingressUnit({ host, ip }: { readonly host: string; readonly ip: string | undefined }): Bag {
  return { host: stableJson(host), ...(ip !== undefined && { ip: stableJson(ip) }) };
}

const ingressKey = z.object({ url: plainHttpUrl });

/** The ingress's databag: the URL without a slash at its end; undefined while it has not given one. */
export function readIngress(
  bag: Bag,
): { readonly ok: true; readonly url?: string } | { readonly ok: false; readonly problem: string } {
  if ((bag.ingress ?? '') === '') return { ok: true };
  const parsed = ingressKey.safeParse(parseJson(bag.ingress ?? ''));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return {
      ok: false,
      problem: issue?.path[0] === 'url' ? `url: ${issue.message}` : 'must be {"url": URL}',
    };
  }
  return { ok: true, url: parsed.data.url };
}
