/** What the container shall be like. */
import type { Wanted, Workload } from 'charmwright';
import type { Check } from 'charmwright/pebble';
import type { Credentials } from '../../../s3/sigv4.ts';

export const SERVICE = 'minio';
export const API_PORT = 9000;
export const CONSOLE_PORT = 9001;
export const ROOT_FILE = '/etc/minio/root.env';

const LABEL = 'minio';

const READY_CHECK: Wanted<Check> = {
  level: 'ready',
  startup: 'enabled',
  period: '5s',
  timeout: '3s',
  threshold: 3,
  http: { url: `http://127.0.0.1:${API_PORT}/minio/health/ready` },
};

/**
 * Root's credentials as MinIO reads them, from a file that only root can read: in the layer they would show in
 * Pebble's plan.
 */
export function rootFile(root: Credentials): string {
  return `MINIO_ROOT_USER=${root.accessKey}\nMINIO_ROOT_PASSWORD=${root.secretKey}\n`;
}

export function minioWorkload(region: string, root: Credentials): Workload {
  return {
    label: LABEL,
    services: {
      [SERVICE]: {
        summary: 'MinIO, one server on one volume',
        startup: 'enabled',
        command: `/bin/minio server /data --address :${API_PORT} --console-address :${CONSOLE_PORT}`,
        environment: {
          MINIO_CONFIG_ENV_FILE: ROOT_FILE,
          MINIO_SITE_REGION: region,
          // It is Juju that updates MinIO; without this MinIO asks the Internet for newer releases.
          MINIO_UPDATE: 'off',
        },
        'kill-delay': '30s',
      },
    },
    checks: {
      'minio-ready': READY_CHECK,
      // Kubernetes kills the container when this fails; Pebble itself restarts a MinIO that exits.
      'minio-alive': {
        level: 'alive',
        startup: 'enabled',
        period: '30s',
        timeout: '5s',
        threshold: 10,
        http: { url: `http://127.0.0.1:${API_PORT}/minio/health/live` },
      },
    },
    files: { [ROOT_FILE]: { content: rootFile(root), permissions: 0o600, readBy: [SERVICE] } },
  };
}

/**
 * For a unit that does not serve: no MinIO, and a readiness check that finds none, so that Kubernetes sends no
 * client of the application's service to this unit.
 */
export const idleWorkload: Workload = { label: LABEL, checks: { 'minio-ready': READY_CHECK } };
