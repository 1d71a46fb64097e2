/** The charm that ours is measured against: `ops` from PyPI, laid out as charmcraft does, and doing nothing. */
import { chmod, cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pythonLibrary } from '../support/pypi.ts';

export const OPS_VERSION = '3.9.0';

/** It has the other ends of two of Mimir's relations, so that it can be integrated. */
const FILES = {
  'metadata.yaml': `name: nothing-k8s
summary: Does nothing.
description: Does nothing.
requires:
  send-remote-write: {interface: prometheus_remote_write}
  grafana-source: {interface: grafana_datasource}
`,
  'manifest.yaml': `bases:
- name: ubuntu
  channel: '24.04'
  architectures: [amd64, arm64]
`,
  dispatch: `#!/bin/sh
JUJU_DISPATCH_PATH="\${JUJU_DISPATCH_PATH:-$0}" PYTHONPATH=lib:venv exec python3 ./src/charm.py
`,
  'src/charm.py': `#!/usr/bin/env python3
import ops


class NothingCharm(ops.CharmBase):
    pass


if __name__ == "__main__":
    ops.main(NothingCharm)
`,
} as const;

/** @throws when there is no Python 3 with pip. */
export async function pythonCharm(folder: string): Promise<void> {
  const library = await pythonLibrary('ops', OPS_VERSION);
  await mkdir(join(folder, 'src'), { recursive: true });
  for (const [path, text] of Object.entries(FILES)) await writeFile(join(folder, path), text);
  for (const path of ['dispatch', 'src/charm.py']) await chmod(join(folder, path), 0o755);
  await cp(library, join(folder, 'venv'), { recursive: true });
}
