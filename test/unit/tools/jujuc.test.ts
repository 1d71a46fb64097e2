import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, realpath, rm, symlink } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { buffer } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { peer } from '../../../tools/peers.ts';

const asked = z.object({
  context: z.string(),
  dir: z.string(),
  tool: z.string(),
  args: z.array(z.string()),
  stdin: z.base64().nullable(),
});
type Asked = z.infer<typeof asked>;
type Reply = { code?: number; stdout?: Uint8Array; stderr?: Uint8Array; needStdin?: boolean };

let folder: string;
let agent: Server | undefined;

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'jujuc-')));
  const binary = await peer('jujuc');
  for (const tool of ['config-get', 'relation-set', 'action-set']) await symlink(binary, join(folder, tool));
}, 120_000);

afterEach(() => agent?.close());
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Answers on the socket as the agent does; returns what it was asked. */
async function answering(reply: (request: Asked) => Reply | 'hang up'): Promise<Asked[]> {
  const seen: Asked[] = [];
  const serve = async (socket: Socket) => {
    for await (const line of createInterface({ input: socket })) {
      const request = asked.parse(JSON.parse(line));
      seen.push(request);
      const answer = reply(request);
      if (answer === 'hang up') return void socket.destroy();
      const encode = (bytes: Uint8Array = new Uint8Array()) => Buffer.from(bytes).toString('base64');
      const message = {
        code: answer.code ?? 0,
        stdout: encode(answer.stdout),
        stderr: encode(answer.stderr),
        needStdin: answer.needStdin ?? false,
      };
      socket.write(`${JSON.stringify(message)}\n`);
    }
  };
  agent = createServer((socket) => void serve(socket));
  await rm(join(folder, 'agent.socket'), { force: true });
  agent.listen(join(folder, 'agent.socket'));
  await once(agent, 'listening');
  return seen;
}

async function run(
  tool: string,
  args: string[],
  { stdin, inHook = true }: { stdin?: Uint8Array; inHook?: boolean } = {},
) {
  const child = spawn(join(folder, tool), args, {
    argv0: tool,
    cwd: folder,
    env: inHook
      ? { JUJU_AGENT_SOCKET_ADDRESS: join(folder, 'agent.socket'), JUJU_CONTEXT_ID: 'mimir/0-start-1f' }
      : {},
  });
  child.stdin.on('error', () => {});
  if (stdin !== undefined) child.stdin.end(stdin);
  const [stdout, stderr, [code]] = await Promise.all([
    buffer(child.stdout),
    buffer(child.stderr),
    once(child, 'exit'),
  ]);
  child.stdin.destroy();
  return { code, stdout, stderr: stderr.toString() };
}

test('the agent hears the tool name, the arguments as written, the context and the directory', async () => {
  const seen = await answering(() => ({ stdout: Buffer.from('1h\n') }));
  const args = ['--format=json', '', 'a b', '"quoted" \\ <&>', 'line\nbreak', 'ñ 日本 🦫 \u2028'];
  const result = await run('config-get', args);
  expect(result).toEqual({ code: 0, stdout: Buffer.from('1h\n'), stderr: '' });
  expect(seen).toEqual([{ context: 'mimir/0-start-1f', dir: folder, tool: 'config-get', args, stdin: null }]);
});

test('exit code and error output are the agent’s', async () => {
  await answering(() => ({ code: 2, stderr: Buffer.from('ERROR permission denied\n') }));
  expect(await run('config-get', [])).toMatchObject({ code: 2, stderr: 'ERROR permission denied\n' });
});

test('a tool that reads no input returns though its standard input stays open', async () => {
  await answering(() => ({ stdout: Buffer.from('ok') }));
  expect((await run('config-get', [])).stdout.toString()).toBe('ok');
});

test('20 MB of standard input, not all of it text, reach the agent, and as much comes back', async () => {
  const big = Buffer.alloc(20_000_000, Buffer.from([0, 255, 10, 13, 195, 40]));
  const seen = await answering(({ stdin }) =>
    stdin === null ? { needStdin: true } : { stdout: Buffer.from(stdin, 'base64') },
  );
  const result = await run('relation-set', ['--file', '-'], { stdin: big });
  expect(result.code).toBe(0);
  expect(result.stdout.equals(big)).toBe(true);
  expect(seen.map(({ stdin }) => stdin === null)).toEqual([true, false]);
});

test('empty standard input is input, too', async () => {
  const seen = await answering(({ stdin }) => ({ needStdin: stdin === null }));
  await run('relation-set', ['--file', '-'], { stdin: Buffer.alloc(0) });
  expect(seen.map(({ stdin }) => stdin)).toEqual([null, '']);
});

test('an argument as long as the kernel takes is not cut', async () => {
  const seen = await answering(() => ({}));
  const long = 'é'.repeat(60_000);
  await run('action-set', [`text=${long}`]);
  expect(seen[0]?.args).toEqual([`text=${long}`]);
});

test('outside a hook it says so', async () => {
  const { code, stderr } = await run('config-get', [], { inHook: false });
  expect(code).toBe(1);
  expect(stderr).toContain('JUJU_CONTEXT_ID is not set: hook tools work only inside a hook');
});

test('an agent that is gone or hangs up is an error, not an empty answer', async () => {
  await rm(join(folder, 'agent.socket'), { force: true });
  expect(await run('config-get', [])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('has the hook ended?'),
  });
  await answering(() => 'hang up');
  expect(await run('config-get', [])).toMatchObject({ code: 1, stderr: expect.stringContaining('hung up') });
});
