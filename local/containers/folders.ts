/** Where a unit's things lie in the model's folder, and where its containers see them. */
import { join } from 'node:path';

export interface UnitFolders {
  readonly unit: string;
  /** Seen as /var/lib/juju/agents/unit-APP-N. */
  readonly agent: string;
  readonly charm: string;
  readonly resources: string;
  readonly agentSocket: string;
  /** Seen as /etc/hosts. */
  readonly hosts: string;
  readonly spec: string;
  readonly scratch: string;
  readonly log: string;
  /** Seen as /charm/containers/NAME by the charm and as /charm/container by the workload. */
  container(name: string): string;
}

export class ModelFolders {
  readonly root: string;
  constructor(root: string) {
    this.root = root;
  }

  /** Programs that containers see in /charm/bin. */
  get bin(): string {
    return join(this.root, 'bin');
  }

  /** Hook tools: links to one program. */
  get tools(): string {
    return join(this.root, 'tools');
  }

  get emptyImage(): string {
    return join(this.root, 'empty-image');
  }

  /** A charm revision, unpacked; `url` is `local:mimir-k8s-0`. */
  charm(url: string): string {
    return join(this.root, 'charms', url.replace(/^local:/, ''));
  }

  /** `id` is `data/0`. */
  storage(id: string): string {
    return join(this.root, 'storage', id.replace('/', '-'));
  }

  unit(name: string): UnitFolders {
    const unit = join(this.root, 'units', name.replace('/', '-'));
    const agent = join(unit, 'agent');
    return {
      unit,
      agent,
      charm: join(agent, 'charm'),
      resources: join(agent, 'resources'),
      agentSocket: join(agent, 'agent.socket'),
      hosts: join(unit, 'hosts'),
      spec: join(unit, 'pod.json'),
      scratch: join(unit, 'scratch'),
      log: join(unit, 'log'),
      container: (container) => join(unit, 'containers', container),
    };
  }
}

/** Paths as the charm sees them. */
export interface CharmPaths {
  readonly agent: string;
  readonly charm: string;
  readonly tools: string;
  readonly agentSocket: string;
}

export function charmPaths(unit: string): CharmPaths {
  const tag = `unit-${unit.replace('/', '-')}`;
  const agent = `/var/lib/juju/agents/${tag}`;
  return {
    agent,
    charm: `${agent}/charm`,
    tools: `/var/lib/juju/tools/${tag}`,
    agentSocket: `${agent}/agent.socket`,
  };
}
