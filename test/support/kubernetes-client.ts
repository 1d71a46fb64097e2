/** A Kubernetes API beside a local model, and any client of it. */
import { HttpClient } from 'charmwright/http';
import { expect } from 'vitest';
import * as z from 'zod';
import { peer } from '../../tools/peers.ts';
import type { TestModel } from './local-model.ts';

const kubeconfigShape = z.object({
  clusters: z.tuple([
    z.object({
      cluster: z.object({
        server: z.url(),
        'certificate-authority-data': z.base64(),
        'tls-server-name': z.string(),
      }),
    }),
  ]),
  users: z.tuple([z.object({ user: z.object({ token: z.string() }) })]),
});

const podShape = z.object({
  spec: z.object({
    readinessGates: z.array(z.object({ conditionType: z.string() })).default([]),
    containers: z.array(z.object({ name: z.string(), resources: z.unknown() })),
  }),
  status: z.object({
    conditions: z
      .array(z.object({ type: z.string(), status: z.string() }))
      .transform((all) => Object.fromEntries(all.map(({ type, status }) => [type, status]))),
  }),
});
const setShape = z.object({
  metadata: z.object({
    generation: z.number(),
    managedFields: z.array(z.object({ manager: z.string() })),
  }),
  status: z.object({
    observedGeneration: z.number().default(0),
    updatedReplicas: z.number().default(0),
    readyReplicas: z.number().default(0),
  }),
});

/** Any client of Kubernetes, with nothing but the kubeconfig. */
export class KubernetesClient {
  readonly #client: HttpClient;
  readonly #token: string;
  readonly kubeconfig: string;

  private constructor(kubeconfig: string) {
    this.kubeconfig = kubeconfig;
    const { clusters, users } = kubeconfigShape.parse(JSON.parse(kubeconfig));
    const { server, 'certificate-authority-data': data, 'tls-server-name': name } = clusters[0].cluster;
    const caChain = Buffer.from(data, 'base64').toString('utf8');
    this.#client = new HttpClient({ origin: server, caChain, onlyCaChain: true, serverName: name });
    this.#token = users[0].user.token;
  }

  /** Starts the API beside a model, before there is anything in it. */
  static async start(model: TestModel): Promise<KubernetesClient> {
    const programs = { etcd: await peer('etcd'), apiServer: await peer('kube-apiserver') };
    const { port } = await model.client.call('kubernetes-start', { programs });
    const server = (await model.forward('kubernetes', port)).replace('http:', 'https:');
    const { kubeconfig } = await model.client.call('kubernetes-config', { server });
    return new KubernetesClient(kubeconfig);
  }

  async get(path: string): Promise<unknown> {
    const headers = { authorization: `Bearer ${this.#token}` };
    const { body } = await this.#client.send({ method: 'GET', path, headers });
    return JSON.parse(body.toString('utf8'));
  }

  /** A unit's pod, its conditions by their types. */
  async pod(unit: string): Promise<z.infer<typeof podShape>> {
    return podShape.parse(await this.get(`/api/v1/namespaces/local/pods/${unit.replace('/', '-')}`));
  }

  /** Until all pods are of the template that the charm has decided, and ready: as `kubectl rollout status`. */
  async untilRolledOut(application: string, units: number): Promise<void> {
    const path = `/apis/apps/v1/namespaces/local/statefulsets/${application}`;
    const isDecided = ({ managedFields }: { managedFields: readonly { manager: string }[] }) =>
      managedFields.some(({ manager }) => manager === `${application}-charm`);
    await expect
      .poll(
        async () => {
          const { metadata, status } = setShape.parse(await this.get(path));
          const { observedGeneration, updatedReplicas, readyReplicas } = status;
          const isSeen = observedGeneration === metadata.generation;
          return { isDecided: isDecided(metadata), isSeen, updatedReplicas, readyReplicas };
        },
        { timeout: 600_000, interval: 500 },
      )
      .toEqual({ isDecided: true, isSeen: true, updatedReplicas: units, readyReplicas: units });
  }
}
