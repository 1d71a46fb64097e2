/** The charm `tester`: a real Prometheus at the other end of receive-remote-write. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { image } from '../../tools/peers.ts';
import type { TestModel } from './local-model.ts';

const ROOT = join(import.meta.dirname, '../..');
const PEBBLE = 'PEBBLE_SOCKET=/charm/containers/prometheus/pebble.socket /charm/bin/pebble';

export const TESTER_PORT = 9090;

export interface TesterConfig {
  readonly mode?: 'agent' | 'full';
  /** As host:port. */
  readonly targets?: readonly string[];
  readonly 'scrape-interval'?: string;
  readonly 'external-labels'?: string;
  readonly 'alert-rules'?: string;
}

/** Packs the charm into the folder. */
export async function packTester(folder: string): Promise<string> {
  const words = [join(ROOT, 'pack/main.ts'), 'test/charms/tester', '--arch', 'host', '--unpacked'];
  const charm = join(folder, 'tester-k8s');
  await promisify(execFile)(process.execPath, [...words, charm], { cwd: ROOT });
  return charm;
}

export async function deployTester(
  model: TestModel,
  charm: string,
  application: string,
  { units = 1, ...config }: TesterConfig & { readonly units?: number },
): Promise<void> {
  const { targets = [], ...rest } = config;
  await model.client.call('deploy', {
    charm,
    application,
    units,
    config: { ...rest, targets: targets.join(' ') },
    resources: { 'prometheus-image': await image('prometheus') },
  });
}

/** Where a unit's Prometheus is in the model. */
export function addressOf(unit: string, port = TESTER_PORT): string {
  const [app = '', number = ''] = unit.split('/');
  return `${app}-${number}.${app}-endpoints.local.svc.cluster.local:${port}`;
}

/** Ends a unit's Prometheus as a crash of its machine would, and nobody starts it again. */
export async function killPrometheus(model: TestModel, unit: string): Promise<void> {
  const layer = 'services: {prometheus: {override: merge, on-failure: ignore}}';
  await model.exec(
    unit,
    `echo '${layer}' > dead.yaml && ${PEBBLE} add --combine prometheus dead.yaml && ${PEBBLE} replan`,
  );
  const kill =
    'for p in /proc/[0-9]*; do case "$(readlink $p/exe)" in */bin/prometheus) kill -9 "$(basename "$p")";; esac; done';
  await model.ssh(unit, 'prometheus', ['/bin/sh', '-c', kill]);
}

export async function stopPrometheus(model: TestModel, unit: string): Promise<void> {
  await model.exec(unit, `${PEBBLE} stop prometheus`);
}

export async function startPrometheus(model: TestModel, unit: string): Promise<void> {
  await model.exec(unit, `${PEBBLE} start prometheus`);
}
