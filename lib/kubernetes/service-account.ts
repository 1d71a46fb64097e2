/** Who the charm is to Kubernetes: what Juju mounts into the pod of every unit. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Environment } from '../events/parse.ts';

const FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';

/** How the API server is reached, and as whom. */
export interface ServiceAccount {
  /** `https://10.152.183.1:443` */
  readonly origin: string;
  /** A credential: never log it. Kubernetes replaces it within the hour, so it is read anew in each dispatch. */
  readonly token: string;
  /** What signs the API server's certificate, PEM. */
  readonly authority: string;
  /** That of the pod: the one of the model. */
  readonly namespace: string;
}

/**
 * The pod's service account, or undefined where there is none: outside of Kubernetes, or where no token is mounted.
 * @param folder where Kubernetes mounts the token.
 */
export async function podServiceAccount(
  env: Environment,
  folder = FOLDER,
): Promise<ServiceAccount | undefined> {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = '443' } = env;
  if (host === undefined || host === '') return undefined;
  const read = (name: string) => readFile(join(folder, name), 'utf8');
  try {
    const [token, authority, namespace] = await Promise.all([
      read('token'),
      read('ca.crt'),
      read('namespace'),
    ]);
    const name = host.includes(':') ? `[${host}]` : host;
    return {
      origin: `https://${name}:${port}`,
      token: token.trim(),
      authority,
      namespace: namespace.trim(),
    };
  } catch {
    return undefined;
  }
}
