/** Interface `prometheus_api`, provider: where to query. Both values go bare. */
import type { Bag } from 'charmwright';

/** Our application's databag. Readers refuse one that has something but no `direct_url`. */
export function prometheusApiApp(direct: string, ingress: string | undefined): Bag {
  return { direct_url: direct, ...(ingress !== undefined && { ingress_url: ingress }) };
}
