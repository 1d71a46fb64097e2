/** The programs that a local model runs, built on first use. */
import { join } from 'node:path';
import { built, type Recipe } from './build.ts';

export const PROGRAMS = {
  pebble: { package: 'github.com/canonical/pebble/cmd/pebble' },
  podbox: { package: '.' },
  jujuc: { package: '.' },
} as const satisfies Record<string, Recipe>;

/** What a model with a Kubernetes API runs besides: the API server, and the store it keeps its objects in. */
export const KUBERNETES_PROGRAMS = {
  etcd: { package: 'go.etcd.io/etcd/server/v3', pin: 'kube-apiserver' },
  'kube-apiserver': {
    package: 'k8s.io/kubernetes/cmd/kube-apiserver',
    // Kubernetes' own build script sets these; a module build has no git checkout to take them from.
    define: {
      'k8s.io/component-base/version.gitVersion': 'v1.33.0',
      'k8s.io/component-base/version.gitMajor': '1',
      'k8s.io/component-base/version.gitMinor': '33',
      'k8s.io/component-base/version.gitCommit': '60a317eadfcb839692a68eab88b2096f4d708f4f',
      'k8s.io/component-base/version.gitTreeState': 'clean',
    },
  },
} as const satisfies Record<string, Recipe>;

const ALL = { ...PROGRAMS, ...KUBERNETES_PROGRAMS } as const satisfies Record<string, Recipe>;

/**
 * The absolute path of a program's binary; builds it first when the cache has none.
 * @throws PeerError when Go is missing or too old, or the build fails.
 */
export async function program(name: keyof typeof ALL): Promise<string> {
  return join(await built(name, ALL[name]), 'bin', name);
}
