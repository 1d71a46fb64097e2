/** In which order test files begin: those that take minutes first, so that none of them runs alone at the end. */
import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** From the longest on, of those that take about a minute and a half or more. `npm test` tells the longest at its end. */
export const LONGEST = [
  'test/local/durability.test.ts',
  'test/local/zones-of-a-cluster.test.ts',
  'test/local/tenants.test.ts',
  'test/local/refresh.test.ts',
  'test/local/roles-under-load.test.ts',
  'test/local/gateway.test.ts',
  'test/local/copies.test.ts',
  'test/local/full-circle.test.ts',
  'test/local/process-trouble.test.ts',
  'test/local/copies-of-a-cluster.test.ts',
  'test/local/gateway-alone.test.ts',
  'test/local/senders.test.ts',
  'test/interop/certificates.test.ts',
  'test/interop/mimir-ring-killed.test.ts',
  'test/local/workload.test.ts',
  'test/local/storage-trouble.test.ts',
  'test/local/leader-change.test.ts',
  'test/local/zones.test.ts',
  'test/local/roles.test.ts',
  'test/local/observability.test.ts',
  'test/interop/sender-rules.test.ts',
  'test/local/turns.test.ts',
  'test/local/live-unit.test.ts',
  'test/interop/gateway-cluster-tls.test.ts',
  'test/interop/mimir-grafana.test.ts',
  'test/local/kubernetes.test.ts',
] as const;

const RANKS: ReadonlyMap<string, number> = new Map(LONGEST.map((file, rank) => [file, rank]));

/** All others come after them, as vitest has them. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ project, moduleId }: TestSpecification) =>
      RANKS.get(relative(project.config.root, moduleId)) ?? RANKS.size;
    return (await super.sort(files)).sort((one, other) => rank(one) - rank(other));
  }
}
