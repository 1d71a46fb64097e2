/** Asks Kubernetes for the zone of a pod's node. */
import { KubernetesError, readObject, type ServiceAccount } from 'charmwright/kubernetes';
import * as z from 'zod/mini';
import { zoneShape } from '../relations/peers.ts';

const LABEL = 'topology.kubernetes.io/zone';

const podShape = z.object({ spec: z.object({ nodeName: z.string() }) });
const nodeShape = z.object({
  metadata: z.object({ labels: z.catch(z.object({ [LABEL]: z.optional(zoneShape) }), {}) }),
});

export type FoundZone =
  /** Nodes without a zone have none. */
  | { readonly kind: 'known'; readonly zone: string | undefined }
  | { readonly kind: 'unknown'; readonly reason: string };

/** Never throws. Nodes may be read by applications that are trusted. */
export async function readZone(account: ServiceAccount, pod: string): Promise<FoundZone> {
  try {
    const { spec } = await readObject(account, { kind: 'Pod', name: pod }, podShape);
    const { metadata } = await readObject(account, { kind: 'Node', name: spec.nodeName }, nodeShape);
    return { kind: 'known', zone: metadata.labels[LABEL] };
  } catch (error) {
    if (!(error instanceof KubernetesError)) throw error;
    return { kind: 'unknown', reason: error.message };
  }
}
