/** What a container's Pebble told the probe, through the same parsers that a charm's calls go through. */
import { getChecks } from '../pebble/checks.ts';
import { PebbleError } from '../pebble/errors.ts';
import { listFiles, pullFile } from '../pebble/files.ts';
import { getNotices } from '../pebble/notices.ts';
import { getPlan } from '../pebble/plan.ts';
import { getServices } from '../pebble/services.ts';
import { type PebbleAnswer, type PebbleRequest, queryText, Transport } from '../pebble/transport.ts';
import type { FileInfo } from '../pebble/types.ts';
import type { SnapshotContainer } from './format.ts';
import { type PebbleAnswers, RECORD_FOLDERS } from './probe.ts';

type Answers = PebbleAnswers[string];

/** A connection on which everything has been said already. */
class Told extends Transport {
  readonly #answers: Answers;
  constructor(container: string, answers: Answers) {
    super(`/charm/containers/${container}/pebble.socket`, 0);
    this.#answers = answers;
  }

  override raw({ path, query }: PebbleRequest): Promise<PebbleAnswer> {
    const answer = this.#answers[`${path}${queryText(query)}`];
    if (answer === undefined) return Promise.reject(new PebbleError(`the unit was not asked for ${path}`));
    const { status, type: contentType, body } = answer;
    return Promise.resolve({ status, contentType, body: Buffer.from(body, 'base64') });
  }
}

const SERVICES = ['active', 'inactive', 'backoff', 'error'] as const;
const CHECKS = ['up', 'down', 'inactive'] as const;

/** @param missed told of each path that could not be read. */
export async function readContainer(
  name: string,
  answers: Answers,
  paths: readonly string[],
  missed: (path: string) => void,
): Promise<SnapshotContainer> {
  const empty = { plan: { services: {}, checks: {}, 'log-targets': {} }, services: {}, checks: {} };
  const nothing = { ...empty, files: {}, dirs: [], notices: [] };
  if (answers['/v1/notices'] === undefined) return { canConnect: false, ...nothing };
  const told = new Told(name, answers);
  const [plan, services, checks, notices] = [
    await getPlan(told),
    await getServices(told, []),
    await getChecks(told, {}),
    await getNotices(told, {}),
  ];
  const found: Found = { files: {}, dirs: [] };
  for (const path of RECORD_FOLDERS) await gather(told, path, true, found, () => undefined);
  for (const path of paths) await gather(told, path, true, found, missed);
  return {
    canConnect: true,
    plan,
    // One that was never started stands nowhere.
    services: Object.fromEntries(
      services
        .filter(({ currentSince }) => currentSince !== undefined)
        .map(({ name, current }) => [name, SERVICES.find((known) => known === current) ?? 'error']),
    ),
    since: Object.fromEntries(
      services.flatMap(({ name, currentSince }) =>
        currentSince === undefined ? [] : [[name, currentSince] as const],
      ),
    ),
    checks: Object.fromEntries(
      checks.map(({ name, status, failures }) => [
        name,
        { status: CHECKS.find((known) => known === status) ?? 'down', failures },
      ]),
    ),
    ...found,
    // Pebble also tells of each of its own changes; no hook is about those.
    notices: notices
      .filter(({ type }) => type !== 'change-update')
      .map((notice) => ({ ...notice, lastData: { ...notice.lastData } })),
  };
}

interface Found {
  readonly files: SnapshotContainer['files'];
  readonly dirs: string[];
}

async function gather(
  told: Transport,
  path: string,
  itself: boolean,
  found: Found,
  missed: (path: string) => void,
): Promise<void> {
  try {
    for (const entry of await listFiles(told, path, itself ? { itself } : {})) {
      if (entry.type === 'directory') {
        found.dirs.push(entry.path);
        await gather(told, entry.path, false, found, missed);
      } else if (entry.type === 'file') {
        found.files[entry.path] = { ...content(await pullFile(told, entry.path)), ...attributes(entry) };
      }
    }
  } catch (error) {
    if (!(error instanceof PebbleError)) throw error;
    missed(path);
  }
}

function content(bytes: Buffer): { text: string } | { base64: string } {
  const text = bytes.toString('utf8');
  return Buffer.from(text).equals(bytes) ? { text } : { base64: bytes.toString('base64') };
}

function attributes({ permissions, user, group, userId, groupId }: FileInfo): object {
  return {
    permissions,
    ...(user === undefined ? {} : { user }),
    ...(group === undefined ? {} : { group }),
    ...(userId === undefined ? {} : { userId }),
    ...(groupId === undefined ? {} : { groupId }),
  };
}
