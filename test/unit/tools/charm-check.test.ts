import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ZipFile } from 'yazl';
import { peer } from '../../../tools/peers.ts';

const GOOD = {
  'metadata.yaml': `
name: demo-k8s
summary: A demo
description: Shows what the check reads
containers: { web: { resource: web-image, mounts: [{ storage: data, location: /data }] } }
resources: { web-image: { type: oci-image, description: The web server } }
storage: { data: { type: filesystem } }
requires: { s3: { interface: s3, limit: 1 } }
provides: { metrics: { interface: prometheus_scrape } }
peers: { replicas: { interface: demo_peers } }
`,
  'manifest.yaml': 'bases: [{ name: ubuntu, channel: "24.04", architectures: [amd64, arm64] }]\n',
  'config.yaml': 'options: { port: { type: int, default: 80, description: Where it listens } }\n',
  'actions.yaml': 'restart: { description: Restarts it, params: { hard: { type: boolean } } }\n',
  version: '1.2.3',
  dispatch: '#!/bin/sh\n',
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'charm-check-'));
  await peer('charm-check');
}, 300_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

async function check(changed: Record<string, string | undefined> = {}, dispatchMode = 0o755) {
  const zip = new ZipFile();
  for (const [name, text] of Object.entries({ ...GOOD, ...changed })) {
    if (text === undefined) continue;
    zip.addBuffer(Buffer.from(text), name, { mode: 0o100000 | (name === 'dispatch' ? dispatchMode : 0o644) });
  }
  zip.end();
  const path = join(folder, 'demo.charm');
  await pipeline(zip.outputStream, createWriteStream(path));
  const binary = await peer('charm-check');
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    const child = execFile(binary, [path], (_error, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

test('a charm that Juju takes is described as Juju understands it', async () => {
  const { code, stdout } = await check();
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual({
    name: 'demo-k8s',
    revision: 0,
    version: '1.2.3',
    bases: ['ubuntu@24.04/stable/amd64', 'ubuntu@24.04/stable/arm64'],
    containers: ['web'],
    resources: ['web-image'],
    storage: ['data'],
    config: ['port'],
    actions: ['restart'],
    endpoints: {
      s3: { role: 'requirer', interface: 's3', optional: false, limit: 1, scope: 'global' },
      metrics: {
        role: 'provider',
        interface: 'prometheus_scrape',
        optional: false,
        limit: 0,
        scope: 'global',
      },
      replicas: { role: 'peer', interface: 'demo_peers', optional: false, limit: 0, scope: 'global' },
    },
  });
});

test.for([
  ['no metadata', { 'metadata.yaml': undefined }, /metadata\.yaml/],
  ['no bases', { 'manifest.yaml': undefined }, /names no bases/],
  ['an unknown base', { 'manifest.yaml': 'bases: [{ name: plan9, channel: "1" }]' }, /plan9/],
  [
    'a mount of storage that is not there',
    {
      'metadata.yaml': GOOD['metadata.yaml'].replace('storage: data', 'storage: dada'),
    },
    /dada/,
  ],
  [
    'a reserved endpoint name',
    { 'metadata.yaml': GOOD['metadata.yaml'].replace('s3: {', 'juju-s3: {') },
    /juju-s3/,
  ],
  ['a default of another type', { 'config.yaml': 'options: { port: { type: int, default: many } }' }, /port/],
  [
    'an action with a broken schema',
    { 'actions.yaml': 'restart: { params: { hard: { type: loud } } }' },
    /loud|type/,
  ],
  ['no dispatch', { dispatch: undefined }, /no dispatch/],
] satisfies [string, Record<string, string | undefined>, RegExp][])('%s is refused', async ([
  ,
  changed,
  words,
]) => {
  const { code, stderr, stdout } = await check(changed);
  expect(stderr).toMatch(words);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
});

test('a dispatch that may not be run is refused, since Juju would silently run nothing', async () => {
  expect(await check({}, 0o644)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('not executable'),
  });
});
