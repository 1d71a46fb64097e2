/** Commands in a container, on a real Pebble: pipes, signals, exit codes, terminals. */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { ApiError, ChangeError, ExecError, type PebbleClient, PebbleError } from 'charmwright/pebble';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RealPebble, realPebble } from './support/real-pebble.ts';

let pebble: RealPebble;
let client: PebbleClient;

beforeAll(async () => {
  pebble = await realPebble();
  client = pebble.client;
});

afterAll(() => pebble?.remove());

/** The error that a call ends with. */
async function failure(call: Promise<unknown>): Promise<unknown> {
  try {
    await call;
  } catch (error) {
    return error;
  }
  throw new Error('the call did not fail');
}

/** Reads on until the text has come. */
async function until(stdout: Readable, wanted: string): Promise<string> {
  let seen = '';
  for await (const chunk of stdout.iterator({ destroyOnReturn: false })) {
    seen += String(chunk);
    if (seen.includes(wanted)) return seen;
  }
  throw new Error(`the command ended without "${wanted}": ${seen}`);
}

describe('commands', () => {
  // ops: 183, 184, 187
  test('output comes back, stderr apart', async () => {
    const process = await client.exec(['sh', '-c', 'echo out; echo err >&2']);
    expect(await process.output()).toEqual({ stdout: 'out\n', stderr: 'err\n' });
    await process.wait();
  });

  // ops: 183, 186
  test('stderr can be combined into stdout', async () => {
    const process = await client.exec(['sh', '-c', 'echo out; echo err >&2'], { combineStderr: true });
    expect(process.stderr).toBeNull();
    expect(await process.output()).toEqual({ stdout: 'out\nerr\n', stderr: '' });
  });

  // ops: 183, 202
  test('environment, working directory and service context reach the command', async () => {
    await client.addLayer('context', {
      services: {
        context: { override: 'replace', command: 'true', environment: { A: 'service', B: 'service' } },
      },
    });
    const process = await client.exec(['sh', '-c', 'pwd; echo $A $B'], {
      serviceContext: 'context',
      environment: { B: 'call' },
      workingDir: '/usr',
    });
    expect((await process.output()).stdout).toBe('/usr\nservice call\n');
  });

  // ops: 185, 186, 187
  test('stdin comes as text, as a stream, or by and by', async () => {
    const asText = await client.exec(['cat'], { stdin: 'täxt' });
    expect((await asText.output()).stdout).toBe('täxt');
    const asStream = await client.exec(['cat'], { stdin: Readable.from(['one ', 'two']) });
    expect((await asStream.output()).stdout).toBe('one two');
    const byAndBy = await client.exec(['sh', '-c', 'read line; echo got $line; cat']);
    byAndBy.stdin.write('first\n');
    const [first] = await Promise.all([byAndBy.stdout.iterator({ destroyOnReturn: false }).next()]);
    expect(String(first.value)).toBe('got first\n');
    byAndBy.stdin.end('last');
    expect(await text(byAndBy.stdout)).toBe('last');
    await byAndBy.wait();
  });

  // ops: 185
  test('5 MB go through a command and come back', async () => {
    const data = randomBytes(2_500_000).toString('hex');
    const process = await client.exec(['cat'], { stdin: data });
    expect((await process.output()).stdout === data).toBe(true);
  });

  test('a command that does not read its stdin ends all the same', async () => {
    const process = await client.exec(['true'], { stdin: Readable.from([randomBytes(5_000_000)]) });
    await process.wait();
  });

  // ops: 166, 168, 187
  test('an exit code other than 0 is an error with the whole output', async () => {
    const script = 'head -c 3000 /dev/zero | tr "\\0" x; echo sorry >&2; exit 7';
    const error = await failure((await client.exec(['sh', '-c', script])).output());
    expect(error).toBeInstanceOf(ExecError);
    expect(error).toMatchObject({ exitCode: 7, stdout: 'x'.repeat(3_000), stderr: 'sorry\n' });
    expect(String(error)).toContain('ended with exit code 7');
    expect(String(error)).toContain('[truncated]');
    expect(String(error).length).toBeLessThan(1_500);
    expect(await failure((await client.exec(['false'])).wait())).toMatchObject({ exitCode: 1, stdout: null });
  });

  // ops: 185
  test('a signal reaches the command', async () => {
    const script = 'trap "echo caught; exit 0" HUP; echo ready; while :; do sleep 0.05; done';
    const process = await client.exec(['sh', '-c', script]);
    await process.stdout.iterator({ destroyOnReturn: false }).next();
    process.sendSignal('SIGHUP');
    expect((await process.output()).stdout).toBe('caught\n');
    process.sendSignal('SIGHUP');
  });

  // ops: 187, 188
  test('a command that takes too long is killed, and keeps what it said', async () => {
    const process = await client.exec(['sh', '-c', 'echo begun; exec sleep 1000'], { timeoutMs: 300 });
    const said = text(process.stdout);
    const error = await failure(process.wait());
    expect(error).toBeInstanceOf(ChangeError);
    expect(String(error)).toContain('timed out');
    expect(await said).toBe('begun\n');
  });

  // ops: 184, 186
  test('what cannot be started says why', async () => {
    const missing = await failure(client.exec(['no-such-program']));
    expect(missing).toBeInstanceOf(ApiError);
    expect(String(missing)).toContain('cannot find executable "no-such-program"');
    expect(await failure(client.exec(['true'], { user: 'nobody-of-this-name' }))).toBeInstanceOf(ApiError);
    const nowhere = await failure(client.exec(['true'], { workingDir: '/no/such/folder' }));
    expect(String(nowhere)).toContain('working directory "/no/such/folder" does not exist');
    await client.push(join(pebble.dir, 'no-program'), 'neither script nor binary', { permissions: 0o755 });
    const unfit = await client.exec([join(pebble.dir, 'no-program')]);
    const error = await failure(unfit.output());
    expect(error).toBeInstanceOf(ChangeError);
    expect(String(error)).toContain('exec format error');
  });

  test('stdin that cannot be read ends the command', async () => {
    const broken = Readable.from(
      (async function* () {
        yield 'some';
        throw new Error('the source is gone');
      })(),
    );
    const process = await client.exec(['cat'], { stdin: broken });
    await expect(process.output()).rejects.toThrow('the source is gone');
  });
});

// ops: 183, 185
describe('a command in a terminal', () => {
  test('sees a terminal of the given size, and hears when it changes', async () => {
    const script =
      'test -t 1 && echo yes; stty size; trap "stty size; exit 0" WINCH; echo ready; while :; do sleep 0.05; done';
    const size = { width: 100, height: 30 };
    const process = await client.exec(['sh', '-c', script], { terminal: true, interactive: true, ...size });
    expect(process.stderr).toBeNull();
    expect(await until(process.stdout, 'ready\r\n')).toBe('yes\r\n30 100\r\nready\r\n');
    process.resize(120, 40);
    expect(await text(process.stdout)).toBe('40 120\r\n');
    await process.wait();
  });

  test('that is interactive reads what is typed, which is echoed, until Ctrl-D', async () => {
    const script = 'read line; echo "got $line"; cat';
    const process = await client.exec(['sh', '-c', script], { terminal: true, interactive: true });
    process.stdin.write('hi\n');
    await until(process.stdout, 'got hi\r\n');
    process.stdin.write('more\n');
    expect((await process.output()).stdout).toBe('more\r\nmore\r\n');
  });

  test('that is interactive is ended by Ctrl-C, as a person would end it', async () => {
    const process = await client.exec(['sh', '-c', 'echo ready; exec sleep 1000'], {
      terminal: true,
      interactive: true,
    });
    await until(process.stdout, 'ready');
    process.stdin.write('\x03');
    expect(await failure(process.output())).toMatchObject({ name: 'ExecError', exitCode: 130 });
  });

  test('that is not interactive reads its stdin from a pipe', async () => {
    const script = 'cat; test -t 0 || echo no terminal';
    const process = await client.exec(['sh', '-c', script], { terminal: true, stdin: 'piped ' });
    expect((await process.output()).stdout).toBe('piped no terminal\r\n');
  });

  test('can have its stderr apart', async () => {
    const script = 'echo out; echo err >&2';
    const process = await client.exec(['sh', '-c', script], { terminal: true, combineStderr: false });
    expect(await process.output()).toEqual({ stdout: 'out\r\n', stderr: 'err\n' });
  });
});

// ops: 185, 189
test('a signal can be given by its number, which Pebble gets as a name', async () => {
  const script = 'trap "echo caught; exit 0" HUP; echo ready; while :; do sleep 0.05; done';
  const process = await client.exec(['sh', '-c', script]);
  await until(process.stdout, 'ready');
  process.sendSignal(constants.signals.SIGHUP);
  expect((await process.output()).stdout).toBe('caught\n');
  expect(() => process.sendSignal(4_711)).toThrow(PebbleError);
});

// ops: 186
test('a command without a word is refused', async () => {
  expect(await failure(client.exec([]))).toMatchObject({
    name: 'ApiError',
    pebbleMessage: 'must specify command',
  });
});

// ops: 187
test('a Pebble that goes away in the middle of a command is told to who waits for it', async () => {
  const other = await realPebble();
  try {
    const process = await other.client.exec(['sleep', '1000']);
    const ended = failure(process.wait());
    await other.kill();
    expect(await ended).toMatchObject({ name: 'ConnectionError' });
  } finally {
    await other.remove();
  }
});
