/** A charm's YAML files, beside the programs that read them: charmcraft, Juju's own library, and ops. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { JujuVersion } from 'charmwright';
import { packedYaml, readCharmFiles, readCharmSpec } from 'charmwright/juju';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { peer } from '../../tools/peers.ts';
import { hookAgent } from '../support/hook-agent.ts';
import { hasPython, pythonLibrary, pythonProgram } from '../support/pypi.ts';
import { quietUnit } from '../support/unit-view.ts';

const ROOT = join(import.meta.dirname, '../..');
const ONE_FILE = join(ROOT, 'test/charms/one-file');
const HERE = process.arch === 'arm64' ? 'arm64' : 'amd64';
const CHARMCRAFT = '4.5.0';
const OPS = '3.9.0';

const run = promisify(execFile);
const python = await hasPython();
let scratch: string;
let charmDir: string;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'charm-files-'));
  charmDir = join(scratch, 'unpacked');
  await pack('--unpacked', charmDir);
  await pack('--out', join(scratch, 'dist'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

async function pack(...args: readonly string[]): Promise<void> {
  await run(process.execPath, [join(ROOT, 'pack/main.ts'), ONE_FILE, '--arch', HERE, ...args], {
    cwd: scratch,
  });
}

/** A charm's folder with these files and no others. */
async function folderOf(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(scratch, 'charm-'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

describe('a charm that is declared in charmcraft.yaml alone', () => {
  test('is packed with the three files that Juju reads', async () => {
    expect(await readdir(charmDir)).toEqual(
      expect.arrayContaining(['metadata.yaml', 'config.yaml', 'actions.yaml']),
    );
    expect(await readdir(charmDir)).not.toContain('charmcraft.yaml');
  });

  test("is what Juju's own library understands it to be", async () => {
    const file = join(scratch, 'dist', `one-file-k8s_${HERE}.charm`);
    const { stdout } = await run(await peer('charm-check'), [file]);
    expect(JSON.parse(stdout)).toMatchObject({
      name: 'one-file-k8s',
      containers: ['web'],
      resources: ['page', 'web-image'],
      storage: ['data'],
      config: ['debug', 'motto', 'port', 'ratio', 'token'],
      actions: ['measure'],
      endpoints: {
        database: { role: 'requirer', interface: 'postgresql_client', optional: true, limit: 1 },
        site: { role: 'provider' },
        'one-file-peers': { role: 'peer' },
      },
    });
  });

  test('says the same packed as unpacked', async () => {
    const whole = await readCharmSpec(ONE_FILE);
    expect(await readCharmSpec(charmDir)).toEqual(whole);
    expect(whole.config.motto?.default).toBe('yes');
    expect(whole.config.debug?.default).toBe(false);
  });

  test('reads its own metadata when it runs, and only when asked', async () => {
    const agent = await hookAgent();
    try {
      const unit = quietUnit(await readCharmSpec(charmDir));
      const action = { kind: 'action', action: 'measure', taskId: '1' } as const;
      const measured = await agent.run(charmDir, unit, action, { params: { unit: 'bytes' } });
      expect(measured.effects).toContainEqual({ kind: 'action-set', results: { size: '37', unit: 'bytes' } });
    } finally {
      await agent.close();
    }
  });

  test.skipIf(!python)('is what charmcraft writes', async () => {
    const theirs = await charmcraft(ONE_FILE);
    const ours = packedYaml(await readCharmFiles(ONE_FILE));
    for (const [file, text] of Object.entries(ours))
      expect([file, yaml11(text)]).toEqual([file, theirs[file]]);
    expect(Object.keys(ours).toSorted()).toEqual(Object.keys(theirs).toSorted());
  });
});

const CHARMCRAFT_YAML = 'type: charm\nplatforms: {ubuntu@24.04:amd64: }\nparts: {charm: {plugin: nil}}\n';
const METADATA = 'name: web\nsummary: s\ndescription: d\n';
const CONFIG = 'options: {port: {type: int}}\n';
const ACTIONS = 'go: {description: Goes}\n';

describe.skipIf(!python)('a charm that is declared in both forms', () => {
  test.each<[what: string, files: Readonly<Record<string, string>>]>([
    [
      'each part in its own file',
      { 'metadata.yaml': METADATA, 'config.yaml': CONFIG, 'actions.yaml': ACTIONS },
    ],
    [
      'options in charmcraft.yaml',
      { 'metadata.yaml': METADATA, 'charmcraft.yaml': `config: {${CONFIG.trim()}}\n` },
    ],
    [
      'metadata in charmcraft.yaml',
      { 'charmcraft.yaml': METADATA, 'actions.yaml': ACTIONS, 'config.yaml': CONFIG },
    ],
    [
      'endpoints in both',
      { 'metadata.yaml': METADATA, 'charmcraft.yaml': 'requires: {a: {interface: b}}\n' },
    ],
    ['an empty file of actions', { 'metadata.yaml': METADATA, 'actions.yaml': '{}\n' }],
  ])('packs what charmcraft packs: %s', async (_what, files) => {
    const folder = await folderOf({
      ...files,
      'charmcraft.yaml': CHARMCRAFT_YAML + (files['charmcraft.yaml'] ?? ''),
    });
    const ours = packedYaml(await readCharmFiles(folder));
    expect(Object.fromEntries(Object.entries(ours).map(([file, text]) => [file, yaml11(text)]))).toEqual(
      await charmcraft(folder),
    );
  });

  test.each<[what: string, files: Readonly<Record<string, string>>, says: string]>([
    [
      'the name',
      { 'metadata.yaml': METADATA, 'charmcraft.yaml': 'name: web\n' },
      'charmcraft.yaml: name: is in metadata.yaml, too',
    ],
    [
      'options',
      { 'metadata.yaml': METADATA, 'config.yaml': CONFIG, 'charmcraft.yaml': 'config: {}\n' },
      'charmcraft.yaml: config: is in config.yaml, too',
    ],
    [
      'actions',
      { 'metadata.yaml': METADATA, 'actions.yaml': ACTIONS, 'charmcraft.yaml': 'actions: {}\n' },
      'charmcraft.yaml: actions: is in actions.yaml, too',
    ],
  ])('is refused as charmcraft refuses it: %s', async (_what, files, says) => {
    const folder = await folderOf({
      ...files,
      'charmcraft.yaml': CHARMCRAFT_YAML + files['charmcraft.yaml'],
    });
    await expect(charmcraft(folder)).rejects.toThrow(/duplicate|Cannot specify/i);
    await expect(readCharmSpec(folder)).rejects.toThrow(says);
  });
});

describe.skipIf(!python)('what ops makes of the same files', () => {
  // ops: 83, 84, 85, 86, 87, 88
  test('is what is made of them here', async () => {
    const ours = await readCharmSpec(charmDir);
    const theirs = await ops(OPS_META, charmDir);
    expect(theirs).toEqual({
      name: ours.name,
      summary: ours.summary,
      description: `${ours.description}\n`,
      maintainers: ours.maintainers,
      links: [ours.links.websites, ours.links.sources, ours.links.issues, ours.links.documentation],
      terms: ours.terms,
      subordinate: ours.subordinate,
      charm_user: ours.charmUser,
      extra_bindings: ours.extraBindings,
      assumes: ours.assumes,
      relations: Object.entries(ours.endpoints).map(([name, it]) => [
        name,
        it.role,
        it.interface,
        it.limit ?? null,
        it.scope ?? 'global',
        it.optional ?? false,
      ]),
      storages: Object.entries(ours.storage).map(([name, it]) => [
        name,
        it.type,
        it.description ?? '',
        it.shared ?? false,
        it.readOnly ?? false,
        it.minimumSize ?? null,
        it.location ?? null,
        [it.count.min, it.count.max],
        it.properties ?? [],
      ]),
      resources: Object.entries(ours.resources).map(([name, it]) => [
        name,
        it.type,
        it.filename ?? null,
        it.description ?? '',
      ]),
      containers: Object.entries(ours.containers).map(([name, it]) => [
        name,
        it.resource ?? null,
        { data: ['/data', '/srv/data'] },
      ]),
      config: Object.entries(ours.config).map(([name, it]) => [
        name,
        it.type,
        it.default ?? null,
        it.description ?? null,
      ]),
      actions: Object.entries(ours.actions).map(([name, it]) => [
        name,
        it.title ?? '',
        it.description ?? '',
        it.params,
        it.required,
        it.additionalProperties,
      ]),
    });
  });

  // ops: 151, 152
  test('versions of Juju come in the same order, and can do the same', async () => {
    const texts = [
      '2.6.9',
      '2.7',
      '2.8.0',
      '3.0.2',
      '3.0.3',
      '3.1.5',
      '3.1.6',
      '3.2.0',
      '3.2.1',
      '3.4-beta1',
    ];
    const more = [
      '3.4',
      '3.4.0.1',
      '3.6-beta2',
      '3.6-beta2.1',
      '3.6-rc1',
      '3.6',
      '3.6.3',
      '3.6.4',
      '4.0-alpha1',
    ];
    const versions = [...texts, ...more].toReversed();
    const gates = (version: JujuVersion) => [
      String(version),
      version.hasAppData,
      version.isDispatchAware,
      version.hasControllerStorage,
      version.hasSecrets,
      version.supportsOpenPortOnK8s,
      version.supportsExecServiceContext,
      version.supportsPebbleLogForwarding,
      version.supportsPebbleIdentities,
      version.supportsPebbleMetrics,
    ];
    const ours = versions.map((text) => new JujuVersion(text)).toSorted((a, b) => a.compare(b));
    expect(await ops(OPS_VERSIONS, ...versions)).toEqual(ours.map(gates));
  });
});

/** As charmcraft packs: its own classes, without a build. */
const CHARMCRAFT_FILES = `
import json, pathlib, sys
from charmcraft.models.metadata import CharmMetadata
from charmcraft.models.project import CharmcraftProject
import yaml
folder = pathlib.Path(sys.argv[1])
project = CharmcraftProject.from_yaml_file(folder / "charmcraft.yaml")
def packed(name, value):
    own = folder / name
    return yaml.safe_load(own.read_text()) if own.exists() else value
files = {"metadata.yaml": packed("metadata.yaml", CharmMetadata.from_charm(project).marshal())}
for key in ("config", "actions"):
    value = project.marshal().get(key)
    if value: files[key + ".yaml"] = packed(key + ".yaml", value)
print(json.dumps(files))
`;

async function charmcraft(folder: string): Promise<Readonly<Record<string, unknown>>> {
  const state = { XDG_RUNTIME_DIR: scratch, XDG_STATE_HOME: scratch, HOME: scratch };
  const env = { ...process.env, ...state };
  const { stdout } = await run(
    await pythonProgram('charmcraft', CHARMCRAFT),
    ['-c', CHARMCRAFT_FILES, folder],
    { env },
  );
  return JSON.parse(stdout);
}

const OPS_META = `
import json, sys, ops
meta = ops.CharmMeta.from_charm_root(sys.argv[1])
def assumes(it):
    return it if isinstance(it, str) else {"condition": it.condition.value, "features": [assumes(f) for f in it.features]}
links = meta.links
print(json.dumps({
    **{key: getattr(meta, key) for key in
       ("name", "summary", "description", "maintainers", "terms", "subordinate", "charm_user")},
    "links": [links.websites, links.sources, links.issues, links.documentation],
    "extra_bindings": sorted(meta.extra_bindings),
    "assumes": assumes(meta.assumes),
    "relations": [[n, r.role.name, r.interface_name, r.limit, r.scope, r.optional] for role in
                  (meta.provides, meta.requires, meta.peers) for n, r in role.items()],
    "storages": [[n, s.type, s.description, s.shared, s.read_only, s.minimum_size, s.location,
                  s.multiple_range, s.properties] for n, s in meta.storages.items()],
    "resources": [[n, r.type, r.filename, r.description] for n, r in meta.resources.items()],
    "containers": [[n, c.resource, {k: m.locations for k, m in c.mounts.items()}] for n, c in meta.containers.items()],
    "config": [[n, o.type, o.default, o.description] for n, o in meta.config.items()],
    "actions": [[n, a.title, a.description, a.parameters, a.required, a.additional_properties]
                for n, a in meta.actions.items()],
}))
`;

const OPS_VERSIONS = `
import json, sys, ops
def gates(v):
    return [repr(v), v.has_app_data(), v.is_dispatch_aware(), v.has_controller_storage(), v.has_secrets,
            v.supports_open_port_on_k8s, v.supports_exec_service_context, v.supports_pebble_log_forwarding,
            v.supports_pebble_identities, v.supports_pebble_metrics]
print(json.dumps([gates(v) for v in sorted(map(ops.JujuVersion, sys.argv[1:]))]))
`;

async function ops(script: string, ...args: readonly string[]): Promise<unknown> {
  const env = { ...process.env, PYTHONPATH: await pythonLibrary('ops', OPS) };
  const { stdout } = await run('python3', ['-c', script, ...args], { env });
  return JSON.parse(stdout);
}

function yaml11(text: string): unknown {
  return parse(text, { version: '1.1' });
}
