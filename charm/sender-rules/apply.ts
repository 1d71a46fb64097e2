/** The step of a dispatch that keeps Mimir's ruler in step with the rules of related senders. The leader's alone. */
import { type Juju, type Relation, type Status, waiting } from 'charmwright';
import type { RulesRecord } from '../../relations/peers.ts';
import { remoteWriteApp, sentRules } from '../../relations/remote-write.ts';
import type { Spec } from '../generated.ts';
import type { MimirApi } from '../mimir-api.ts';
import { MimirError } from '../mimir-errors.ts';
import type { Inputs, SenderRules } from '../plan/inputs.ts';
import { notUsed } from '../plan/statuses.ts';
import { DEFAULT_TENANT, senderTenant } from '../plan/tenant.ts';
import { firstLine } from '../text.ts';
import { basisOf, type Due, keyOf, recordDigest, rulesDue, UNSURE } from './record.ts';
import type { Result } from './sync.ts';

/** In the charm's folder. */
const NOTE = 'sender-rules';
const UNFINISHED = 'unfinished';

/** Problems that are told of one sender, and characters of each: names in them may be of any length. */
const MOST_PROBLEMS = 10;
const LONGEST_PROBLEM = 400;

/** Another pod, another charm, another leader: what the folder says may be of before. */
const DOUBTFUL: ReadonlySet<string> = new Set(['start', 'upgrade-charm', 'leader-elected']);

/** In every dispatch, whether or not Mimir can be asked in it. */
export function doubtSenderRules({ event, files }: Juju<Spec>): void {
  if (DOUBTFUL.has(event.kind)) files.remove(NOTE);
}

/** In a folder that cannot be written to there is no note, and nothing is believed. */
function writeNote({ files }: Juju<Spec>, note: string): void {
  try {
    files.write(NOTE, note);
  } catch {
    files.remove(NOTE);
  }
}

export interface SenderRulesOutcome {
  readonly record: RulesRecord | undefined;
  readonly statuses: readonly Status[];
}

/**
 * @param storage what tells the storage of the rules from another; undefined when it is the one that it was.
 */
export async function applySenderRules(
  juju: Juju<Spec>,
  api: MimirApi,
  inputs: Pick<Inputs, 'leader' | 'agreement' | 'neighbours' | 'options'>,
  storage: string | undefined,
): Promise<SenderRulesOutcome> {
  const record = inputs.agreement?.rules;
  const wanted = inputs.neighbours.senderRules ?? [];
  const before = record?.tenant ?? DEFAULT_TENANT;
  const tenant = (storage === undefined ? undefined : senderTenant(inputs.options)) ?? before;
  const basis = storage === undefined ? record?.basis : basisOf(storage, tenant);
  // Without peers there is nowhere to write what was done.
  if (!inputs.leader || inputs.agreement === undefined || basis === undefined)
    return { record, statuses: [] };
  const due = rulesDue(record, wanted, basis, juju.files.read(NOTE));
  if (due.kind === 'nothing') return { record, statuses: wanted.flatMap(remarks) };
  return sync(juju, api, { due, wanted, record, basis, tenant, before });
}

interface Task {
  readonly due: Exclude<Due, { kind: 'nothing' }>;
  readonly wanted: readonly SenderRules[];
  readonly record: RulesRecord | undefined;
  readonly basis: string;
  readonly tenant: string;
  /** Whose they were. */
  readonly before: string;
}

async function sync(juju: Juju<Spec>, api: MimirApi, task: Task): Promise<SenderRulesOutcome> {
  const { due, wanted, record, basis, tenant, before } = task;
  const everything = due.kind === 'everything';
  const relations = new Map((await juju.relations('receive-remote-write')).map((each) => [each.id, each]));
  const sent = await Promise.all(
    due.changed.map(async (sender) => ({
      key: keyOf(sender),
      text: (await textOf(relations.get(sender.id))) ?? '{}',
      mayBeThere: everything || record?.synced[keyOf(sender)] !== undefined,
    })),
  );
  writeNote(juju, UNFINISHED);
  const { syncSenderRules } = await import('./sync.ts');
  let results: ReadonlyMap<string, Result>;
  try {
    if (record !== undefined && before !== tenant) {
      const removed = await syncSenderRules(api, before, { sent: [], gone: due.gone, everything: true });
      const statuses = failures(removed);
      if (statuses.length > 0) return { record, statuses };
    }
    // A sender cannot say another tenant.
    results = await syncSenderRules(api, tenant, { sent, gone: due.gone, everything });
  } catch (error) {
    if (!(error instanceof MimirError)) throw error;
    return { record, statuses: [later('rules of all senders', error)] };
  }
  const digests = new Map(wanted.map((sender) => [keyOf(sender), sender.digest]));
  const known = everything ? {} : (record?.synced ?? {});
  const after = {
    basis,
    synced: afterwards(known, results, digests),
    ...(tenant !== DEFAULT_TENANT && { tenant }),
  };
  writeNote(juju, recordDigest(after));
  const told = await Promise.all(
    wanted.map(async (sender) => tell(juju, sender, relations.get(sender.id), results.get(keyOf(sender)))),
  );
  return { record: after, statuses: [...failures(results), ...told.flat()] };
}

async function textOf(relation: Relation | undefined): Promise<string | undefined> {
  return relation === undefined ? undefined : sentRules(await relation.remoteAppData());
}

function afterwards(
  known: Readonly<Record<string, string>>,
  results: ReadonlyMap<string, Result>,
  digests: ReadonlyMap<string, string>,
): Readonly<Record<string, string>> {
  const synced = new Map(Object.entries(known));
  for (const [key, { kind }] of results) {
    if (kind === 'removed') synced.delete(key);
    else synced.set(key, kind === 'loaded' ? (digests.get(key) ?? UNSURE) : UNSURE);
  }
  return Object.fromEntries(synced);
}

/** Says to the sender, the operator and the log what was not loaded of its rules. */
async function tell(
  juju: Juju<Spec>,
  sender: SenderRules,
  relation: Relation | undefined,
  result: Result | undefined,
): Promise<readonly Status[]> {
  if (relation === undefined || result?.kind !== 'loaded') return remarks(sender);
  const refused = result.problems.length === 0 ? undefined : shortList(result.problems);
  juju.store(relation.name, refused);
  const { 'ha-tracker': dropsReplicas } = await juju.config();
  await relation.publishApp(remoteWriteApp({ errors: refused, dropsReplicas }));
  if (refused === undefined) return [];
  juju.log.warn(`rules of ${sender.app} (${relation.name}) that were not loaded: ${refused}`);
  return remarks({ ...sender, refused });
}

function remarks({ id, app, refused }: SenderRules): readonly Status[] {
  if (refused === undefined) return [];
  return [notUsed({ relation: `receive-remote-write:${id}`, app, key: 'alert_rules', problem: refused })];
}

function failures(results: ReadonlyMap<string, Result>): readonly Status[] {
  const failed = [...results].flatMap(([key, result]) => (result.kind === 'failed' ? [{ key, result }] : []));
  const [first] = failed;
  if (first === undefined) return [];
  const others = failed.length === 1 ? '' : ` and ${failed.length - 1} more`;
  return [later(`rules of ${first.key}${others}`, first.result.error)];
}

function later(what: string, { message }: MimirError): Status {
  return waiting(`[receive-remote-write] ${what} are loaded later: ${shortened(message)}`);
}

function shortList(problems: readonly string[]): string {
  const more = problems.length - MOST_PROBLEMS;
  const list = problems.slice(0, MOST_PROBLEMS).map(shortened).join('; ');
  return more > 0 ? `${list}; and ${more} more` : list;
}

function shortened(problem: string): string {
  const text = firstLine(problem).toWellFormed();
  return text.length > LONGEST_PROBLEM ? `${text.slice(0, LONGEST_PROBLEM - 1).toWellFormed()}…` : text;
}
