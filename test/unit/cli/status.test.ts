import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { formatOneline, formatStatus } from '../../../local/cli/format/status.ts';
import { selectStatus } from '../../../local/cli/format/status-filter.ts';
import { statusValue } from '../../../local/cli/format/status-values.ts';
import { application, demo, model, unit } from './model-status.ts';

const plain = { color: false, utc: true, relations: false, storage: false };

test('the table has the sections, columns and order of juju', () => {
  expect(formatStatus(demo, { ...plain, relations: true })).toBe(`\
Model  Controller  Cloud/Region  Version  Timestamp
local  juju-local  localhost     3.6.14   10:05:30Z

App        Version  Status   Scale  Charm      Channel  Rev  Address    Exposed  Message
mimir-k8s  3.0.1    blocked    2/3  mimir-k8s             0  10.87.1.2  no       [s3] no bucket
minio-k8s           active       1  minio-k8s            12  10.87.1.2  yes

Unit          Workload  Agent       Address     Ports                   Message
mimir-k8s/0*  active    idle        10.87.0.10  7946,9009/tcp 7946/udp
mimir-k8s/2   waiting   allocating                                      installing agent
mimir-k8s/10  blocked   executing   10.87.0.11                          (s3-relation-changed) [s3] no bucket
minio-k8s/0*  active    idle        10.87.0.10

Integration provider   Requirer               Interface    Type     Message
mimir-k8s:mimir-peers  mimir-k8s:mimir-peers  mimir_peers  peer
minio-k8s:s3           mimir-k8s:s3           s3           regular
`);
});

test('colours change nothing but colours', () => {
  const painted = formatStatus(demo, { ...plain, color: true, relations: true });
  expect(painted).toContain('\x1b[31mblocked\x1b[39m');
  expect(stripVTControlCharacters(painted)).toBe(formatStatus(demo, { ...plain, relations: true }));
});

test('a message of the agent shows what it runs: a hook or an action', () => {
  const doing = (message: string) =>
    formatStatus(
      model({
        app: application({
          units: {
            'app/0': unit({
              'juju-status': { current: 'executing', message, since: '2025-11-19T10:00:00Z' },
            }),
          },
        }),
      }),
      plain,
    );
  expect(doing('running config-changed hook')).toContain('(config-changed)');
  expect(doing('running action flush-ingesters')).toContain('(flush-ingesters)');
});

test('a message over 120 letters and a version over 30 are cut', () => {
  const long = model({
    app: application({
      version: 'v'.repeat(31),
      'application-status': { current: 'active', message: 'm'.repeat(121), since: '2025-11-19T10:00:00Z' },
    }),
  });
  const text = formatStatus(long, plain);
  expect(text).toContain(`${'v'.repeat(27)}...  `);
  expect(text).toContain(` ${'m'.repeat(117)}...\n`);
});

test('storage shows where each instance is mounted', () => {
  const withStorage = {
    ...demo,
    storage: {
      storage: {
        'data/0': {
          kind: 'filesystem',
          status: { current: 'attached', since: '2025-11-19T10:00:00Z' },
          persistent: true,
          attachments: { units: { 'mimir-k8s/0': { location: '/data' } } },
        },
      },
    },
  };
  expect(formatStatus(withStorage, { ...plain, storage: true })).toContain(
    `Storage Unit  Storage ID  Type        Pool   Mountpoint  Status    Message
mimir-k8s/0   data/0      filesystem  local  /data       attached
`,
  );
});

test('one line for each unit', () => {
  expect(formatOneline(demo)).toBe(`
- mimir-k8s/0: 10.87.0.10 (agent:idle, workload:active) 7946,9009/tcp 7946/udp
- mimir-k8s/2:  (agent:allocating, workload:waiting)
- mimir-k8s/10: 10.87.0.11 (agent:executing, workload:blocked)
- minio-k8s/0: 10.87.0.10 (agent:idle, workload:active)
`);
});

test.each([
  { selector: 'minio-k8s', applications: ['minio-k8s'], units: ['minio-k8s/0'] },
  { selector: 'mi*-k8s', applications: ['mimir-k8s', 'minio-k8s'], units: undefined },
  { selector: 'mimir-k8s/2', applications: ['mimir-k8s'], units: ['mimir-k8s/2'] },
  { selector: 'waiting', applications: ['mimir-k8s'], units: ['mimir-k8s/2'] },
  { selector: 'nothing', applications: [], units: [] },
])('the selector $selector keeps what it names', ({ selector, applications, units }) => {
  const kept = selectStatus(demo, [selector]).applications;
  expect(Object.keys(kept)).toEqual(applications);
  if (units !== undefined) {
    expect(Object.values(kept).flatMap((one) => Object.keys(one.units ?? {}))).toEqual(units);
  }
});

test('a selector keeps the relations of what it keeps', () => {
  const providers = (selector: string) => selectStatus(demo, [selector]).relations.map((one) => one.provider);
  expect(providers('minio-k8s')).toEqual(['minio-k8s:s3']);
  expect(providers('mimir-k8s')).toEqual(['minio-k8s:s3', 'mimir-k8s:mimir-peers']);
});

test("JSON has juju's keys and juju's times", () => {
  const value = JSON.parse(JSON.stringify(statusValue(demo, true)));
  expect(Object.keys(value)).toEqual(['model', 'machines', 'applications', 'storage', 'controller']);
  expect(value.applications['mimir-k8s'].units['mimir-k8s/0']['workload-status']).toEqual({
    current: 'active',
    since: '2025-11-19 10:00:00Z',
  });
  expect(value.controller.timestamp).toBe('10:05:30Z');
});
