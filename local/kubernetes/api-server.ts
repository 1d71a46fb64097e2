/** A real Kubernetes API, of one API server and the etcd that it keeps its objects in; nothing runs pods. */
import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { HttpClient, HttpError } from 'charmwright/http';

const START_LIMIT_MS = 60_000;
const POLL_MS = 100;
const SERVICES = '10.152.183.0/24';
const CERTIFICATE = 'certificates/apiserver.crt';

/** Where it runs, and of what. */
export interface ServerOptions {
  /** All of it is kept here: objects, certificates, keys. */
  readonly folder: string;
  readonly address: string;
  readonly port: number;
  readonly etcdPort: number;
  readonly programs: { readonly etcd: string; readonly apiServer: string };
}

/** It does not start, or answers something that it never answers. */
export class ApiServerError extends Error {
  override name = 'ApiServerError';
}

/** An answer of the API server, whatever its status. */
export interface ApiAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** The running API server. Its administrator is the one who has started it. */
export class ApiServer {
  readonly origin: string;
  /** What signs its certificate, PEM. */
  readonly authority: string;
  readonly #token: string;
  readonly #processes: readonly ChildProcess[];
  readonly #client: HttpClient;

  private constructor(origin: string, authority: string, token: string, processes: readonly ChildProcess[]) {
    this.origin = origin;
    this.authority = authority;
    this.#token = token;
    this.#processes = processes;
    this.#client = new HttpClient({ origin, caChain: authority, onlyCaChain: true });
  }

  /** Answers when this returns. @throws ApiServerError */
  static async start(options: ServerOptions): Promise<ApiServer> {
    const { folder, address, port } = options;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const token = await administrator(folder);
    const processes = [await startEtcd(options), await startApiServer(options)];
    const ended = processes.map(
      (child) =>
        new Promise<string>((resolve) => {
          child.once('error', (error) => resolve(error.message));
          child.once('exit', (code, signal) => resolve(`it ended with ${signal ?? `exit code ${code}`}`));
        }),
    );
    const origin = `https://${address}:${port}`;
    try {
      const authority = await Promise.race([
        untilReady(origin, join(folder, CERTIFICATE), token),
        ...ended.map(async (end) => {
          throw new ApiServerError(`the API server does not start: ${await end}\n${await lastWords(folder)}`);
        }),
      ]);
      return new ApiServer(origin, authority, token, processes);
    } catch (error) {
      await stopAll(processes);
      throw error;
    }
  }

  /** As its administrator. @throws HttpError when there is no answer. */
  async request(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<ApiAnswer> {
    return this.#send(method, path, 'application/json', body);
  }

  /** A strategic merge, as Juju writes its objects. */
  async merge(path: string, fieldManager: string, body: unknown): Promise<ApiAnswer> {
    const type = 'application/strategic-merge-patch+json';
    return this.#send('PATCH', `${path}?fieldManager=${encodeURIComponent(fieldManager)}`, type, body);
  }

  /** For `kubectl` and its like. @param server as it is reached from where they run. */
  kubeconfig(server: string = this.origin, namespace = 'default'): string {
    const data = Buffer.from(this.authority).toString('base64');
    // JSON is YAML, and needs no library.
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'juju-local',
      contexts: [{ name: 'juju-local', context: { cluster: 'juju-local', user: 'admin', namespace } }],
      clusters: [
        {
          name: 'juju-local',
          cluster: {
            server,
            'certificate-authority-data': data,
            'tls-server-name': 'kubernetes.default.svc',
          },
        },
      ],
      users: [{ name: 'admin', user: { token: this.#token } }],
    };
    return `${JSON.stringify(config, null, 2)}\n`;
  }

  /** Its objects stay in its folder. */
  async stop(): Promise<void> {
    this.#client.close();
    await stopAll([...this.#processes].reverse());
  }

  async #send(
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    type: string,
    body: unknown,
  ): Promise<ApiAnswer> {
    const answer = await this.#client.send({
      method,
      path,
      headers: { authorization: `Bearer ${this.#token}`, accept: 'application/json', 'content-type': type },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(30_000),
    });
    const text = answer.body.toString('utf8');
    return { status: answer.status, body: text.startsWith('{') ? JSON.parse(text) : text };
  }
}

/** The administrator's token, the same as long as the folder is there. */
async function administrator(folder: string): Promise<string> {
  const file = join(folder, 'tokens.csv');
  const known = await readFile(file, 'utf8').catch(() => undefined);
  if (known !== undefined) return known.split(',')[0] ?? '';
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  await writeFile(join(folder, 'accounts.key'), privateKey, { mode: 0o600 });
  const token = randomBytes(24).toString('hex');
  await writeFile(file, `${token},admin,admin,"system:masters"\n`, { mode: 0o600 });
  return token;
}

function startEtcd({ folder, etcdPort, programs }: ServerOptions): Promise<ChildProcess> {
  const url = `http://127.0.0.1:${etcdPort}`;
  return started(programs.etcd, join(folder, 'etcd.log'), [
    `--data-dir=${join(folder, 'etcd')}`,
    `--listen-client-urls=${url}`,
    `--advertise-client-urls=${url}`,
    '--listen-peer-urls=http://127.0.0.1:0',
    '--unsafe-no-fsync',
    '--log-level=error',
  ]);
}

function startApiServer(options: ServerOptions): Promise<ChildProcess> {
  const { folder, address, port, etcdPort, programs } = options;
  const key = join(folder, 'accounts.key');
  return started(programs.apiServer, join(folder, 'api-server.log'), [
    `--etcd-servers=http://127.0.0.1:${etcdPort}`,
    // It makes its own certificate there, and an authority that signs it.
    `--cert-dir=${join(folder, 'certificates')}`,
    `--bind-address=${address}`,
    `--advertise-address=${address}`,
    `--secure-port=${port}`,
    `--service-cluster-ip-range=${SERVICES}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${key}`,
    `--service-account-signing-key-file=${key}`,
    `--token-auth-file=${join(folder, 'tokens.csv')}`,
    '--authorization-mode=RBAC',
    '--endpoint-reconciler-type=none',
  ]);
}

async function started(program: string, log: string, words: readonly string[]): Promise<ChildProcess> {
  const output = openSync(log, 'w', 0o600);
  const child = spawn(program, words, { stdio: ['ignore', output, output], cwd: '/' });
  closeSync(output);
  return child;
}

/** @returns the authority that signs its certificate. */
async function untilReady(origin: string, certificate: string, token: string): Promise<string> {
  for (const deadline = Date.now() + START_LIMIT_MS; ; await sleep(POLL_MS)) {
    const authority = await readFile(certificate, 'utf8').catch(() => '');
    if (authority !== '' && (await isReady(origin, authority, token))) return authority;
    if (Date.now() > deadline) throw new ApiServerError(`the API server at ${origin} does not answer`);
  }
}

async function isReady(origin: string, authority: string, token: string): Promise<boolean> {
  const client = new HttpClient({ origin, caChain: authority, onlyCaChain: true });
  try {
    const headers = { authorization: `Bearer ${token}` };
    return (await client.send({ method: 'GET', path: '/readyz', headers, silenceMs: 5000 })).status === 200;
  } catch (error) {
    if (error instanceof HttpError) return false;
    throw error;
  } finally {
    client.close();
  }
}

async function lastWords(folder: string): Promise<string> {
  const logs = await Promise.all(
    ['etcd.log', 'api-server.log'].map((name) => readFile(join(folder, name), 'utf8').catch(() => '')),
  );
  return logs.flatMap((log) => log.trimEnd().split('\n').slice(-5)).join('\n');
}

/** One after the other: the API server writes its last words into etcd. */
async function stopAll(processes: readonly ChildProcess[]): Promise<void> {
  for (const child of processes) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }
}
