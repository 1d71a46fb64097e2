/** exec: a shell command in a hook context, in one unit or several. */
import type { LocalClient } from '../../client.ts';
import type { Call, RunVerb } from '../call.ts';
import { CliError, UsageError } from '../errors.ts';
import { formatStructured } from '../format/structured.ts';
import { naturalOrder } from '../format/table.ts';
import type { exec as spec } from '../table/operation.ts';
import { checkApplication, commaSeparated, isUnitOrLeader } from './arguments.ts';
import { shellLine } from './shell-words.ts';

type ExecCall = Call<typeof spec>;

interface Output {
  readonly unit: string;
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export const exec: RunVerb<typeof spec> = async (call) => {
  const { args, flags, terminal } = call;
  if (args.length === 0) throw new UsageError('no commands specified');
  const named = commaSeparated(flags.unit);
  const applications = commaSeparated(flags.application).map(checkApplication);
  const wrong = named.find((unit) => !isUnitOrLeader(unit));
  if (wrong !== undefined) throw new UsageError(`invalid unit name "${wrong}"`);
  if (named.length === 0 && applications.length === 0 && !flags.all) {
    throw new UsageError('you must specify a target, either through --all, --application or --unit');
  }
  const client = await call.model();
  const units = await resolveUnits(client, named, applications, flags.all);
  const command = shellLine(args);
  const [only, ...others] = units;
  if (only === undefined) throw new CliError('there are no units to run the command in');
  if (others.length === 0 && flags.format === 'plain') return await stream(client, only, command);

  const outputs = await Promise.all(units.map((unit) => collect(client, unit, command)));
  terminal.out(render(outputs, call));
  return outputs.some(({ code }) => code !== 0) ? 1 : undefined;
};

async function resolveUnits(
  client: LocalClient,
  named: readonly string[],
  applications: readonly string[],
  all: boolean,
): Promise<string[]> {
  const status = (await client.call('status', {})).applications;
  const wanted = all ? Object.keys(status) : applications;
  const fromApplications = wanted.flatMap((name) => {
    const application = status[name];
    if (application === undefined) throw new CliError(`application "${name}" not found`);
    return Object.keys(application.units ?? {});
  });
  const direct = named.map((name) => {
    const application = name.split('/')[0] ?? '';
    if (!name.endsWith('/leader')) return name;
    const units = Object.entries(status[application]?.units ?? {});
    const leader = units.find(([, unit]) => unit.leader === true);
    if (leader === undefined) throw new CliError(`could not determine leader for "${application}"`);
    return leader[0];
  });
  return [...new Set([...direct, ...fromApplications])].sort(naturalOrder);
}

/** Straight through, as it comes; the exit code is the command's. */
function stream(client: LocalClient, unit: string, command: string): Promise<number> {
  return client.exec(
    { unit, command },
    {
      ...(process.stdin.isTTY === true ? {} : { stdin: process.stdin }),
      stdout: (chunk) => void process.stdout.write(chunk),
      stderr: (chunk) => void process.stderr.write(chunk),
    },
  );
}

async function collect(client: LocalClient, unit: string, command: string): Promise<Output> {
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  const code = await client.exec(
    { unit, command },
    { stdout: (chunk) => void stdout.push(chunk), stderr: (chunk) => void stderr.push(chunk) },
  );
  const text = (chunks: Buffer[]) => Buffer.concat(chunks).toString('utf8');
  return { unit, code, stdout: text(stdout), stderr: text(stderr) };
}

function render(outputs: readonly Output[], { flags }: ExecCall): string {
  const byUnit = Object.fromEntries(
    outputs.map(({ unit, code, stdout, stderr }) => [
      unit,
      {
        results: { 'return-code': code, ...(stdout && { stdout }), ...(stderr && { stderr }) },
        status: code === 0 ? 'completed' : 'failed',
        unit,
      },
    ]),
  );
  return formatStructured(byUnit, flags.format === 'json' ? 'json' : 'yaml');
}
