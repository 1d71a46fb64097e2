/** wait-for: until a query about an application, a unit or the model holds. */
import type { ModelStatus } from '../../api.ts';
import type { LocalClient } from '../../client.ts';
import type { RunVerb } from '../call.ts';
import { CliError, UsageError } from '../errors.ts';
import { holds, type Scope } from '../query/evaluate.ts';
import { applicationScope, modelScope, unitScope } from '../query/scopes.ts';
import { type Expression, parseQuery } from '../query/syntax.ts';
import type { waitFor as spec } from '../table/observation.ts';
import type { Terminal } from '../terminal.ts';
import { applicationOf, atMost, checkApplication, checkUnit } from './arguments.ts';

/** One long poll lasts at most this long. */
const pollSeconds = 60;

const defaultQueries = {
  application: 'life=="alive" && status=="active"',
  unit: 'life=="alive" && workload-status=="active"',
  model: 'life=="alive" && status=="available"',
} as const;
type Kind = keyof typeof defaultQueries;

/** What is waited for, as it is now; undefined when it does not exist. */
interface Target {
  readonly label: string;
  readonly scope: Scope | undefined;
  readonly now: string;
}

export const waitFor: RunVerb<typeof spec> = async ({ args, flags, terminal, model }) => {
  const [word, name] = args;
  const kind = (['application', 'unit', 'model'] as const).find((one) => one === word);
  if (kind === undefined) throw new UsageError('specify what to wait for: application, unit or model');
  atMost(args, 2);
  checkName(kind, name);
  const text = flags.query ?? defaultQueries[kind];
  const query = parseQuery(text);
  const client = await model();
  const deadline = Date.now() + flags.timeout;
  const last = await follow(client, query, (status) => targetOf(kind, name, status), { deadline, terminal });
  if (last.scope !== undefined && holds(query, last.scope)) {
    terminal.info(`${last.label} is as asked: ${last.now}`);
    return undefined;
  }
  throw new CliError(`timed out waiting for ${last.label} to reach goal state ${text}; it is ${last.now}`);
};

function checkName(kind: Kind, name: string | undefined): void {
  if (kind === 'model') return;
  if (name === undefined) throw new UsageError(`${kind} name must be supplied when waiting for an ${kind}`);
  if (kind === 'application') checkApplication(name);
  else checkUnit(name);
}

/** The target as it is when the query holds or the time is over. Says what is waited for, each time it changes. */
async function follow(
  client: LocalClient,
  query: Expression,
  find: (status: ModelStatus) => Target,
  { deadline, terminal }: { deadline: number; terminal: Terminal },
): Promise<Target> {
  let said = '';
  // Asked before the status is read: a change between the two only makes the next poll return at once.
  let generation = (await client.call('wait-change', { after: -1, wait: 0 })).generation;
  for (;;) {
    const target = find(await client.call('status', {}));
    if (target.scope !== undefined && holds(query, target.scope)) return target;
    const left = (deadline - Date.now()) / 1000;
    if (left <= 0) return target;
    const line = `${target.label} ${target.scope === undefined ? 'not found' : `is ${target.now}`}, waiting...`;
    if (line !== said) terminal.info(line);
    said = line;
    const poll = await client.call('wait-change', { after: generation, wait: Math.min(pollSeconds, left) });
    generation = poll.generation;
  }
}

function targetOf(kind: Kind, name: string | undefined, status: ModelStatus): Target {
  switch (kind) {
    case 'model':
      return { label: `model "${status.model.name}"`, scope: modelScope(status), now: modelNow(status) };
    case 'application': {
      const found = status.applications[name ?? ''];
      return {
        label: `application "${name}"`,
        scope: found && applicationScope(name ?? '', found),
        now: found === undefined ? 'not there' : describe(found['application-status']),
      };
    }
    case 'unit': {
      const application = applicationOf(name ?? '');
      const of = status.applications[application];
      const unit = of?.units?.[name ?? ''];
      return {
        label: `unit "${name}"`,
        scope: of && unit && unitScope(name ?? '', unit, application, of),
        now: unit === undefined ? 'not there' : describe(unit['workload-status']),
      };
    }
  }
}

/** `2 of 3 applications active`. */
function modelNow({ applications }: ModelStatus): string {
  const all = Object.values(applications);
  const active = all.filter((one) => one['application-status'].current === 'active').length;
  return `${active} of ${all.length} application${all.length === 1 ? '' : 's'} active`;
}

function describe({ current, message }: { current: string; message?: string | undefined }): string {
  return message ? `${current} (${message})` : current;
}
