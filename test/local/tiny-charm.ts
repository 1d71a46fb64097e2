/** Charms in a few lines of shell for the local model's tests, and a model to run them in. */
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ModelStatus, StatusInfo } from '../../local/api.ts';
import { type LocalClient, openModel } from '../../local/client.ts';

export interface TinyCharm {
  readonly name: string;
  /** What metadata.yaml says beside name, summary and description. */
  readonly metadata?: string;
  readonly config?: string;
  readonly actions?: string;
  /** Run at each dispatch, after the journal line. `$DISPATCH` is `hooks/install`. */
  readonly script?: string;
}

/**
 * Every dispatch writes `journal <dispatch path> <remote> <departing>` into the log, before anything else.
 */
const PROLOGUE = `#!/bin/bash
set -eu
DISPATCH="\${JUJU_DISPATCH_PATH:-}"
REMOTE="\${JUJU_REMOTE_UNIT:-\${JUJU_REMOTE_APP:-}}"
juju-log "journal $DISPATCH $REMOTE \${JUJU_DEPARTING_UNIT:-}"
`;

export async function writeCharm(folder: string, charm: TinyCharm): Promise<string> {
  const dir = join(folder, charm.name);
  await rm(dir, { recursive: true, force: true });
  await mkdir(dir, { recursive: true });
  const metadata = `name: ${charm.name}\nsummary: tiny\ndescription: tiny\n${charm.metadata ?? ''}`;
  await writeFile(join(dir, 'metadata.yaml'), metadata);
  if (charm.config !== undefined) await writeFile(join(dir, 'config.yaml'), charm.config);
  if (charm.actions !== undefined) await writeFile(join(dir, 'actions.yaml'), charm.actions);
  await writeFile(join(dir, 'dispatch'), `${PROLOGUE}${charm.script ?? ''}\n`);
  await chmod(join(dir, 'dispatch'), 0o755);
  return dir;
}

/** A model in a folder of its own, with what the tests ask of it. */
export class TestModel {
  readonly client: LocalClient;
  readonly folder: string;
  readonly modelDir: string;

  private constructor(client: LocalClient, folder: string, modelDir: string) {
    this.client = client;
    this.folder = folder;
    this.modelDir = modelDir;
  }

  static async open(inside = 'model'): Promise<TestModel> {
    const folder = await mkdtemp(join(tmpdir(), 'juju-local-test-'));
    const modelDir = join(folder, inside);
    return new TestModel(await openModel({ modelDir, modelName: 'testing' }), folder, modelDir);
  }

  /** Another client of the same model; starts the daemon again when it is gone. */
  async reopen(): Promise<TestModel> {
    this.client.close();
    return new TestModel(await openModel({ modelDir: this.modelDir }), this.folder, this.modelDir);
  }

  async destroy(): Promise<void> {
    await this.client.call('destroy-model', {});
    this.client.close();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  async deploy(
    charm: TinyCharm,
    options: { units?: number; application?: string; config?: Record<string, string>; trust?: boolean } = {},
  ): Promise<void> {
    await this.client.call('deploy', { charm: await writeCharm(this.folder, charm), ...options });
  }

  /** `hooks/install`, `hooks/db-relation-joined other/0`: what a unit has dispatched so far, in order. */
  async journal(unit: string): Promise<string[]> {
    const entries: string[] = [];
    for await (const line of this.client.debugLog({ limit: null, include: [unit] })) {
      const match = /juju-log (?:\S+:\d+: )?journal (.*)$/.exec(line);
      if (match?.[1] !== undefined) entries.push(match[1].trim());
    }
    return entries;
  }

  /** Waits until the unit's journal ends with, or holds, this entry so many times; gives the whole journal. */
  async heard(unit: string, entry: string, times = 1): Promise<string[]> {
    return this.#wait(`${unit} to run ${entry} (${times})`, async () => {
      const journal = await this.journal(unit);
      return journal.filter((each) => each === entry).length >= times ? journal : undefined;
    });
  }

  /** Waits until the status is as wanted. */
  async until(what: string, holds: (status: ModelStatus) => boolean): Promise<ModelStatus> {
    return this.#wait(what, async () => {
      const status = await this.client.call('status', {});
      return holds(status) ? status : undefined;
    });
  }

  /** Waits until every agent rests and has rested for a moment, so that nothing is on its way any more. */
  async settled(): Promise<ModelStatus> {
    for (;;) {
      const status = await this.until('every agent to be idle', (now) =>
        Object.values(now.applications).every(
          (application) =>
            application.life === undefined &&
            Object.values(application.units ?? {}).every(
              (unit) => unit.life === undefined && unit['juju-status'].current === 'idle',
            ),
        ),
      );
      const { generation } = await this.client.call('wait-change', { after: 0, wait: 0 });
      const later = await this.client.call('wait-change', { after: generation, wait: 1.5 });
      if (later.generation === generation) return status;
    }
  }

  /** `juju exec`: what the command wrote to stdout; throws when it fails. */
  async exec(unit: string, command: string): Promise<string> {
    return this.#capture((stdio) => this.client.exec({ unit, command }, stdio));
  }

  async ssh(unit: string, container: string, argv: string[], stdin?: string): Promise<string> {
    return this.#capture((stdio) => this.client.ssh({ unit, container, argv }, stdio), stdin);
  }

  async #capture(
    run: (stdio: Parameters<LocalClient['exec']>[1]) => Promise<number>,
    stdin?: string,
  ): Promise<string> {
    const output = { stdout: '', stderr: '' };
    const code = await run({
      ...(stdin === undefined ? {} : { stdin: once(stdin) }),
      stdout: (chunk) => {
        output.stdout += chunk.toString();
      },
      stderr: (chunk) => {
        output.stderr += chunk.toString();
      },
    });
    if (code !== 0) throw new Error(`exit code ${code}: ${output.stderr}`);
    return output.stdout;
  }

  async #wait<T>(what: string, probe: () => Promise<T | undefined>): Promise<T> {
    const deadline = Date.now() + 90_000;
    for (let generation = 0; ; ) {
      const found = await probe();
      if (found !== undefined) return found;
      if (Date.now() > deadline) {
        const log: string[] = [];
        for await (const line of this.client.debugLog({ limit: 60 })) log.push(line);
        throw new Error(`waited in vain for ${what}\n${log.join('\n')}`);
      }
      ({ generation } = await this.client.call('wait-change', { after: generation, wait: 1 }));
    }
  }
}

async function* once(text: string): AsyncGenerator<string> {
  yield text;
}

/** Storage, peers and a workload: enough to be killed. */
export const stateful: TinyCharm = {
  name: 'stateful',
  metadata: `
containers:
  web:
    mounts: [{storage: data, location: /data}]
storage:
  data: {type: filesystem, location: /srv/data}
peers:
  cluster: {interface: stateful_cluster}
`,
  script: `
case "$DISPATCH" in
  hooks/start) open-port 38813; status-set active ;;
  hooks/web-pebble-ready) application-version-set 1.2.3 ;;
esac`,
};

export function unitStatus(status: ModelStatus, unit: string): StatusInfo | undefined {
  return status.applications[unit.split('/')[0] ?? '']?.units?.[unit]?.['workload-status'];
}
