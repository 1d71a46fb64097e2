/** The hook tools' end of one hook: a Unix socket that is there only while the hook runs. */
import { existsSync, unlinkSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { HookSession, ToolAnswer } from 'charmwright/juju';
import { z } from 'zod';
import { openSocketPath } from '../socket-path.ts';

const callSchema = z.object({
  context: z.string(),
  dir: z.string().startsWith('/'),
  tool: z.string(),
  args: z.array(z.string()).nullable(),
  stdin: z.base64().nullable(),
});

export interface ToolServerOptions {
  readonly socket: string;
  /** `JUJU_CONTEXT_ID` of the hook. */
  readonly contextId: string;
  readonly session: HookSession;
  /** Where the charm container's root lies for this process: files that tools name are read there. */
  readonly root: string;
}

export class ToolServer {
  readonly #options: ToolServerOptions;
  readonly #server: Server;
  readonly #connections = new Set<Socket>();
  #close: () => void = () => {};

  private constructor(options: ToolServerOptions) {
    this.#options = options;
    this.#server = createServer((connection) => this.#serve(connection));
  }

  static async listen(options: ToolServerOptions): Promise<ToolServer> {
    const server = new ToolServer(options);
    if (existsSync(options.socket)) unlinkSync(options.socket);
    const path = openSocketPath(options.socket);
    server.#close = path.close;
    await new Promise<void>((resolve, reject) => {
      server.#server.once('error', reject);
      server.#server.listen(path.path, () => resolve());
    });
    return server;
  }

  /** Hook tools get no answer any more; those that wait are hung up on. */
  close(): void {
    this.#server.close(() => this.#close());
    for (const connection of this.#connections) connection.destroy();
  }

  #serve(connection: Socket): void {
    this.#connections.add(connection);
    connection.once('close', () => this.#connections.delete(connection));
    connection.on('error', () => connection.destroy());
    createInterface({ input: connection, crlfDelay: Number.POSITIVE_INFINITY })
      .on('line', (line) => connection.write(`${JSON.stringify(encode(this.#answer(line)))}\n`))
      .on('error', () => {});
  }

  #answer(line: string): ToolAnswer {
    try {
      const { context, dir, tool, args, stdin } = callSchema.parse(JSON.parse(line));
      if (context !== this.#options.contextId)
        return refused(`bad request: wrong context ID; got ${JSON.stringify(context)}`);
      return this.#options.session.answer({
        tool,
        args: args ?? [],
        dir,
        root: this.#options.root,
        ...(stdin === null ? {} : { stdin: Buffer.from(stdin, 'base64').toString('utf8') }),
      });
    } catch (error) {
      return refused(`bad request: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

function refused(message: string): ToolAnswer {
  return { code: 1, stdout: '', stderr: `ERROR ${message}\n` };
}

function encode(answer: ToolAnswer): unknown {
  return {
    code: answer.code,
    stdout: Buffer.from(answer.stdout).toString('base64'),
    stderr: Buffer.from(answer.stderr).toString('base64'),
    needStdin: answer.needStdin ?? false,
  };
}
