/** The verbs that carry streams: debug-log, exec, ssh and forward. */
import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import type { z } from 'zod';
import { type Entered, enter } from '../agent/process.ts';
import type { streams } from '../api.ts';
import { CHARM_CONTAINER, workloadEnvironment } from '../containers/pod-spec.ts';
import { encodeFrame, readFrames } from '../frames.ts';
import { resolveUnit } from '../model/lookup.ts';
import { notFound, Refusal } from '../model/refusal.ts';
import type { World } from './world.ts';

type Asked<V extends keyof typeof streams> = z.output<(typeof streams)[V]>;

const WORKLOAD_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export async function debugLog(
  world: World,
  request: Asked<'debug-log'>,
  response: ServerResponse,
): Promise<void> {
  const { log } = world.services;
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' });
  response.flushHeaders();
  const fresh: string[] = [];
  let show = (line: string): void => void fresh.push(line);
  const { lines, stop } = await log.read(request, request.follow ? (line) => show(line) : undefined);
  if (response.destroyed) return stop();
  response.once('close', stop);
  for (const line of [...lines, ...fresh]) response.write(`${line}\n`);
  show = (line) => void response.write(`${line}\n`);
  if (!request.follow) response.end();
}

export type Upgraded = (connection: Duplex) => void;

/** Checks the request; what it returns takes the connection over. Throws Refusal. */
export function exec(world: World, { unit, command }: Asked<'exec'>): Upgraded {
  const { name } = resolveUnit(world.services.store.model, unit);
  const agent = world.agent(name);
  return (connection) =>
    agent.exec({
      command,
      cancelled: () => connection.destroyed,
      process: (process) => carry(connection, process),
      end: (code, error) => {
        if (error !== undefined && !connection.destroyed) connection.write(encodeFrame('stderr', error));
        end(connection, code);
      },
    });
}

export function ssh(world: World, { unit, container, argv, terminal }: Asked<'ssh'>): Upgraded {
  const { name } = resolveUnit(world.services.store.model, unit);
  const pid = world.agent(name).kubelet.pid(container);
  if (pid === undefined) throw notFound(`container "${container}" of unit "${name}" does not run`);
  const command = argv.length > 0 ? argv : ['/bin/bash', '-l'];
  const own = container === CHARM_CONTAINER ? {} : workloadEnvironment(container);
  const env = { ...own, PATH: WORKLOAD_PATH, HOME: '/root', LANG: 'C.UTF-8', TERM: terminal?.term ?? 'dumb' };
  return (connection) => {
    const process = enter(
      {
        podbox: world.services.programs.podbox,
        pid,
        cwd: '/',
        env,
        command: terminal === undefined ? command : inTerminal(command, terminal),
      },
      true,
    );
    carry(connection, process);
    process.exit.then(
      (code) => end(connection, code),
      () => connection.destroy(),
    );
  };
}

/** A terminal from util-linux's `script`, which the machine's root has. */
function inTerminal(
  command: readonly string[],
  { columns, rows }: { columns: number; rows: number },
): string[] {
  const quoted = command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  return ['script', '-qefc', `stty cols ${columns} rows ${rows}; exec ${quoted}`, '/dev/null'];
}

export function forward(world: World, { target, port }: Asked<'forward'>): Upgraded {
  const { model } = world.services.store;
  const address = target.includes('/')
    ? resolveUnit(model, target).address
    : (model.applications[target]?.address ?? kubernetesAddress(world, target));
  if (address === undefined) throw notFound(`application "${target}" not found`);
  return (connection) => {
    const server = connect({ host: address, port, allowHalfOpen: true });
    for (const [from, to] of [
      [connection, server],
      [server, connection],
    ] as const) {
      from.on('error', () => to.destroy());
      from.pipe(to);
    }
  };
}

/** An application may have that name, and comes first. */
function kubernetesAddress({ services }: World, target: string): string | undefined {
  return target === 'kubernetes' ? services.kubernetes.place?.address : undefined;
}

/** The process's outputs go out in frames; the caller's frames go in. A caller that leaves ends the process. */
function carry(connection: Duplex, process: Entered): void {
  process.stdout.on('data', (chunk: Buffer) => connection.write(encodeFrame('stdout', chunk)));
  process.stderr.on('data', (chunk: Buffer) => connection.write(encodeFrame('stderr', chunk)));
  connection.once('close', () => process.kill('SIGKILL'));
  void (async () => {
    for await (const { kind, payload } of readFrames(connection)) {
      if (kind === 'stdin') process.stdin.write(payload);
      if (kind === 'stdin-end') process.stdin.end();
    }
  })().catch(() => connection.destroy());
}

function end(connection: Duplex, code: number): void {
  if (!connection.destroyed) connection.end(encodeFrame('exit', String(code)));
}

export function refuseStream(): never {
  throw new Refusal('this verb needs an upgraded connection', 426);
}
