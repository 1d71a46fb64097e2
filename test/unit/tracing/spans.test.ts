import { container, Killer, SimulatedPebble } from 'charmwright/testing';
import { describe, expect, test } from 'vitest';
import type { Trace } from '../../../lib/model/tracer.ts';
import { Recorder } from '../../../lib/tracing/recorder.ts';
import { shownArguments } from '../../../lib/tracing/tool-spans.ts';

/** The trace of a dispatch that does this. */
async function recorded(work: (recorder: Recorder) => Promise<unknown>, error?: unknown): Promise<Trace> {
  const traces: Trace[] = [];
  const recorder = new Recorder('web', { juju_unit: 'web/0' }, {}, ({ trace }) => {
    traces.push(trace);
  });
  await work(recorder);
  await recorder.end(error);
  const [trace] = traces;
  if (trace === undefined) throw new Error('nothing was kept');
  return trace;
}

// ops: 240
describe('of a hook tool', () => {
  test.each([
    // Names are shown.
    [['relation-get', '--format=json', '-r', 'db:4', '--app', '-', 'postgresql'], 'all'],
    [['config-get', '--format=json'], 'all'],
    [['secret-get', '--format=json', 'secret:d0h1', '--peek'], 'all'],
    [['secret-get', '--format=json', '--label', 'password', '--refresh'], 'all'],
    [['relation-set', '-r', 'db:4', '--app', '--file', '-'], 'all'],
    [
      ['status-set', '--application=false', 'blocked', 's3cret'],
      ['--application=false', 'blocked'],
    ],
    // Values are not.
    [
      ['status-set', '--application=false', 'active', 'active s3cret'],
      ['--application=false', 'active'],
    ],
    [['state-set', 'key=s3cret'], []],
    [['action-set', '--', 'password=s3cret', '--password=s3cret'], []],
    [['action-fail', '--', '--s3cret'], []],
    [
      ['secret-add', '--label', 'db', '--description', 's3cret', 'password=s3cret'],
      ['--label', 'db', '--description'],
    ],
    [['secret-set', 'secret:d0h1', '--description=s3cret', 'password#file=/tmp/x'], ['--description=…']],
    [['storage-add', 'data=2'], ['data=…']],
    [['a-tool-of-tomorrow', '--flag', 's3cret'], ['--flag']],
  ] as const)('%j shows its flags and its names', ([tool, ...args], shown) => {
    const words = shownArguments(tool, args);
    expect(words).toEqual([tool, ...(shown === 'all' ? args : shown)]);
    expect(words.join(' ')).not.toContain('s3cret');
  });
});

describe('of Pebble', () => {
  test('a command is its executable, and its end another span', async () => {
    const state = container('web', { execs: [{ command: ['/bin/login'], result: { stdout: 'well' } }] });
    const pebble = new SimulatedPebble(state, new Killer({}), { call: () => 1, serviceStarted: () => 1 });
    const trace = await recorded(async (recorder) => {
      const edges = recorder.edges({
        tools: { run: () => Promise.reject(new Error('none')) },
        pebble: () => pebble,
      });
      const process = await edges
        .pebble('web')
        .exec(['/bin/login', '--password', 's3cret'], { stdin: 's3cret' });
      expect((await process.output()).stdout).toBe('well');
      await edges
        .pebble('web')
        .pullText('/missing')
        .catch(() => undefined);
    });
    const socket = { 'pebble.socket_path': '/charm/containers/web/pebble.socket' };
    expect(trace.spans).toMatchObject([
      { name: 'dispatch' },
      { name: 'pebble exec', attributes: { ...socket, executable: '/bin/login' } },
      { name: 'pebble wait_output', attributes: socket },
      { name: 'pebble pull', attributes: { ...socket, path: '/missing' }, error: { type: 'PathError' } },
    ]);
    expect(JSON.stringify(trace)).not.toContain('s3cret');
  });
});

test('what runs at the same time is not taken for parts of each other', async () => {
  const trace = await recorded((recorder) =>
    recorder.span('reconcile', {}, () =>
      Promise.all([
        recorder.span('first', {}, () => recorder.span('in the first', {}, () => Promise.resolve())),
        recorder.span('second', {}, () => recorder.span('in the second', {}, () => Promise.resolve())),
      ]),
    ),
  );
  const parentOf = (name: string) => {
    const child = trace.spans.find((span) => span.name === name);
    return trace.spans.find(({ spanId }) => spanId === child?.parentSpanId)?.name;
  };
  expect(['reconcile', 'first', 'second', 'in the first', 'in the second'].map(parentOf)).toEqual([
    'dispatch',
    'reconcile',
    'reconcile',
    'first',
    'second',
  ]);
});

test('a dispatch that does a great deal is described by its first two thousand spans', async () => {
  const trace = await recorded(async (recorder) => {
    for (let i = 0; i < 2500; i++) await recorder.span(`${i}`, {}, () => undefined);
  });
  expect(trace.spans).toHaveLength(2001);
  expect(trace.spans[0]).toMatchObject({ name: 'dispatch', attributes: { dropped_spans: 500 } });
});

test('an error is told with its class and its stack, and is cut when it is long', async () => {
  class DatabaseError extends Error {
    override name = 'DatabaseError';
  }
  const trace = await recorded(() => Promise.resolve(), new DatabaseError('x'.repeat(10_000)));
  expect(trace.spans[0]?.error).toMatchObject({
    type: 'DatabaseError',
    message: `${'x'.repeat(4000)}…`,
    stack: expect.stringContaining('DatabaseError'),
  });
});
