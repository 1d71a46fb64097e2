/**
 * The part of Juju's unit agent that a single hook needs: the environment it constructs, the hook tools in a
 * folder, and the socket that answers them. Nothing is committed; what the hook asked for is handed back.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import {
  type HookCause,
  HookSession,
  hookEnvironment,
  hookScope,
  type Immediate,
  type Pending,
  TOOLS,
  type UnitView,
} from 'charmwright/juju';
import * as z from 'zod';
import { peer } from '../../tools/peers.ts';

const request = z.object({
  dir: z.string(),
  tool: z.string(),
  args: z.array(z.string()),
  stdin: z.base64().nullable(),
});

export interface HookRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** From the start of `dispatch` to its end. */
  readonly milliseconds: number;
  /** One entry for each hook-tool process, `config-get --format=json`. */
  readonly calls: readonly string[];
  /** How many hook-tool processes there were at the same time, at most. */
  readonly mostAtOnce: number;
  readonly effects: readonly Immediate[];
  readonly pending: Pending;
}

export interface HookAgent {
  /** Runs `<charmDir>/dispatch` once. `env` is added to what Juju constructs. */
  run(
    charmDir: string,
    view: UnitView,
    cause: HookCause,
    options?: { readonly params?: Record<string, unknown>; readonly env?: Record<string, string> },
  ): Promise<HookRun>;
  close(): Promise<void>;
}

/** @throws PeerError when the hook tools' client cannot be built. */
export async function hookAgent(): Promise<HookAgent> {
  const jujuc = await peer('jujuc');
  const folder = await mkdtemp(join(tmpdir(), 'hook-agent-'));
  const tools = join(folder, 'tools');
  await mkdir(tools);
  for (const tool of Object.keys(TOOLS)) await symlink(jujuc, join(tools, tool));
  const socketPath = join(folder, 'agent.socket');
  let session: HookSession | undefined;
  let calls: string[] = [];
  let [connected, mostAtOnce] = [0, 0];

  const serve = async (socket: Socket): Promise<void> => {
    for await (const line of createInterface({ input: socket })) {
      const { stdin, ...call } = request.parse(JSON.parse(line));
      if (stdin === null) calls.push([call.tool, ...call.args].join(' '));
      const given = stdin === null ? {} : { stdin: Buffer.from(stdin, 'base64').toString('utf8') };
      const answer = session?.answer({ ...call, ...given });
      socket.write(
        `${JSON.stringify({
          code: answer?.code ?? 1,
          stdout: base64(answer?.stdout ?? ''),
          stderr: base64(answer?.stderr ?? 'ERROR no hook runs\n'),
          needStdin: answer?.needStdin ?? false,
        })}\n`,
      );
    }
  };
  const server = createServer((socket) => {
    socket.on('error', () => undefined); // a hook that was killed
    connected++;
    mostAtOnce = Math.max(mostAtOnce, connected);
    socket.once('close', () => connected--);
    void serve(socket);
  });
  server.listen(socketPath);
  await once(server, 'listening');

  return {
    async run(charmDir, view, cause, { params, env } = {}) {
      const effects: Immediate[] = [];
      calls = [];
      mostAtOnce = 0;
      session = new HookSession(view, hookScope(cause, params), {
        apply: (effect) => effects.push(effect),
        newSecretId: () => 'd0h1v2k3m4n5p6q7r8s9',
        now: () => new Date(),
      });
      const environment = hookEnvironment({
        cause,
        unit: view.unit,
        model: view.model,
        charmDir,
        jujuVersion: '3.6.14',
        nonce: '0123456789abcdef0123456789abcdef',
        path: `${tools}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
        agentSocket: socketPath,
      });
      const begun = performance.now();
      const child = spawn(join(charmDir, 'dispatch'), [], {
        cwd: charmDir,
        env: { ...environment, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const output = { stdout: '', stderr: '' };
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        output.stdout += text;
      });
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        output.stderr += text;
      });
      const code = await new Promise<number | null>((resolve, reject) => {
        child.once('error', reject);
        child.once('close', resolve);
      });
      const milliseconds = performance.now() - begun;
      return { code, ...output, milliseconds, calls, mostAtOnce, effects, pending: session.pending() };
    },
    async close() {
      server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
