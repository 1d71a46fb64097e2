/** What every unit agent works with. */
import type { ModelFolders } from '../containers/folders.ts';
import type { Network } from '../containers/pod-spec.ts';
import type { Programs } from '../containers/programs.ts';
import type { DebugLog } from '../daemon/debug-log.ts';
import type { Kubernetes } from '../kubernetes/kubernetes.ts';
import type { Store } from '../model/store.ts';
import type { Leases } from './leases.ts';
import type { Pods } from './pods.ts';

export interface Services {
  readonly store: Store;
  readonly leases: Leases;
  readonly log: DebugLog;
  readonly folders: ModelFolders;
  readonly programs: Programs;
  readonly network: Network;
  readonly kubernetes: Kubernetes;
  readonly pods: Pods;
}
