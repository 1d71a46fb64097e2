/**
 * What is asked inside the unit, in one `juju exec`: hook tools by the shell, Pebble by the Node that the charm
 * carries, because a charm's container has no other HTTP client for certain. It reads only: no tool is called that
 * would make Juju track a secret or fetch a resource.
 */
import * as z from 'zod';
import { parseJson } from '../json.ts';
import { STATE_FILE } from '../model/charm-files.ts';

/** Each answer is one line: name, exit code, and the output in base64, which survives every way to the client. */
const SAY = `say() {
  name=$1; shift
  out=$("$@" 2>/dev/null); code=$?
  echo "$name $code $(printf %s "$out" | base64 | tr -d '\\n')"
}`;

const STORAGES = 'for id in $(storage-list); do say "storage:$id" storage-get -s "$id" --format=json; done';
const SECRETS = 'for id in $(secret-ids); do say "secret:$id" secret-info-get "$id" --format=json; done';
const RESOURCES =
  'for file in "$JUJU_CHARM_DIR"/../resources/*/*; do [ -f "$file" ] && say resource realpath "$file"; done';

/** Where the framework keeps what it knows of a workload. */
export const RECORD_FOLDERS: readonly string[] = ['/var/lib/charmwright', '/tmp/charmwright'];

export interface RelationAsked {
  readonly id: number;
  readonly endpoint: string;
}

/** The whole unit: `files` are paths by container. */
export function unitScript(
  app: string,
  relations: readonly RelationAsked[],
  files: Readonly<Record<string, readonly string[]>>,
): string {
  const bindings = new Set(['juju-info', ...relations.map(({ endpoint }) => endpoint)]);
  return script([
    'say uuid printenv JUJU_MODEL_UUID',
    'say version printenv JUJU_VERSION',
    'say state state-get --format=json',
    // A charm with its memory in a file.
    `say memory cat "$JUJU_CHARM_DIR/${STATE_FILE}"`,
    'say ports opened-ports --format=json',
    'say goal goal-state --format=json',
    'say status status-get --include-data --format=json',
    'say cloud credential-get --format=json',
    ...[...bindings].map((name) => `say network:${name} network-get ${quoted(name)} --format=json`),
    ...relations.flatMap(({ id }) => [
      `say app:${id} relation-list -r ${id} --app --format=json`,
      `say model:${id} relation-model-get -r ${id} --format=json`,
    ]),
    ...ownData(app, relations),
    STORAGES,
    SECRETS,
    RESOURCES,
    pebbleLine(files),
  ]);
}

/** What the leader alone may read: the application's own databags, and its secrets. */
export function leaderScript(app: string, relations: readonly RelationAsked[]): string {
  return script([...ownData(app, relations), SECRETS]);
}

function ownData(app: string, relations: readonly RelationAsked[]): string[] {
  return relations.map(
    ({ id }) => `say own:${id} relation-get -r ${id} --app --format=json - ${quoted(app)}`,
  );
}

function script(lines: readonly string[]): string {
  // The last test of a loop must not become the exit code.
  return [SAY, ...lines, 'true'].join('\n');
}

/** As one word of a shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function pebbleLine(files: Readonly<Record<string, readonly string[]>>): string {
  const code = `(${pebbleProbe})(${JSON.stringify(files)},${JSON.stringify(RECORD_FOLDERS)})`;
  const run = `printf %s ${quoted(Buffer.from(code).toString('base64'))} | base64 -d | "$JUJU_CHARM_DIR/bin/node" -`;
  return `if [ -x "$JUJU_CHARM_DIR/bin/node" ]; then say pebble sh -c ${quoted(run)}; fi`;
}

/**
 * Runs on the unit, as text: it may use nothing of this module. Gets what each container's Pebble says, and the wanted
 * files, folders with all that is in them; prints it as JSON, by container and path of the request.
 */
function pebbleProbe(files: Readonly<Record<string, readonly string[]>>, always: readonly string[]): void {
  const [fs, http] = [process.getBuiltinModule('node:fs'), process.getBuiltinModule('node:http')];
  const [root, largest] = ['/charm/containers', 4 * 1024 * 1024];
  const answers: Record<string, Record<string, { status: number; type: string; body: string }>> = {};

  async function get(container: string, path: string): Promise<Buffer> {
    const socketPath = `${root}/${container}/pebble.socket`;
    const accept = path.includes('action=read') ? 'multipart/form-data' : 'application/json';
    return new Promise((resolve, reject) => {
      const request = http.get({ socketPath, path, headers: { accept }, timeout: 5000 }, (response) => {
        const chunks: Buffer[] = [];
        response.on('error', reject);
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const body = Buffer.concat(chunks);
          const seen = { status: response.statusCode ?? 0, type: response.headers['content-type'] ?? '' };
          answers[container] = { ...answers[container], [path]: { ...seen, body: body.toString('base64') } };
          resolve(body);
        });
      });
      request.on('timeout', () => request.destroy(new Error('no answer')));
      request.on('error', reject);
    });
  }

  const list = (path: string, more: object) =>
    `/v1/files?${new URLSearchParams({ action: 'list', path, ...more })}`;

  async function walk(container: string, path: string, isItself: boolean): Promise<void> {
    const body = await get(container, list(path, isItself ? { itself: 'true' } : {}));
    // What is not there is answered with a message.
    const { result } = JSON.parse(body.toString());
    for (const entry of Array.isArray(result) ? result : []) {
      if (entry.type === 'directory') await walk(container, entry.path, false);
      else if (entry.type === 'file' && (entry.size ?? 0) <= largest)
        await get(container, `/v1/files?${new URLSearchParams({ action: 'read', path: entry.path })}`);
    }
  }

  async function look(container: string): Promise<void> {
    answers[container] = {};
    const asked = ['/v1/system-info', '/v1/plan?format=yaml', '/v1/services', '/v1/checks', '/v1/notices'];
    // A container whose Pebble does not answer has nothing to tell: it stays without its answers.
    try {
      for (const path of asked) await get(container, path);
      for (const path of [...always, ...(files[container] ?? [])]) await walk(container, path, true);
    } catch {}
  }

  const containers = fs.existsSync(root) ? fs.readdirSync(root) : [];
  void Promise.all(containers.map(look)).then(() => console.log(JSON.stringify(answers)));
}

/** By container and path of the request, as Pebble answered it; a container that does not answer has none. */
export const pebbleAnswers = z.record(
  z.string(),
  z.record(z.string(), z.object({ status: z.number(), type: z.string(), body: z.base64() })),
);
export type PebbleAnswers = z.infer<typeof pebbleAnswers>;

/** What the script printed, by name. A tool that failed has no answer. */
export class Answers {
  readonly #texts = new Map<string, string[]>();

  constructor(output: string) {
    for (const line of output.split('\n')) {
      const [name = '', code, text = ''] = line.split(' ');
      if (code !== '0') continue;
      this.#texts.set(name, [...(this.#texts.get(name) ?? []), Buffer.from(text, 'base64').toString('utf8')]);
    }
  }

  text(name: string): string | undefined {
    return this.all(name)[0];
  }

  /** All answers to a question that was asked several times. */
  all(name: string): readonly string[] {
    return this.#texts.get(name) ?? [];
  }

  /** The rest of each name that begins so. */
  names(prefix: string): readonly string[] {
    return [...this.#texts.keys()]
      .filter((name) => name.startsWith(prefix))
      .map((name) => name.slice(prefix.length));
  }

  /** Undefined when the tool failed, or printed something else. */
  json<T>(name: string, shape: z.ZodType<T>): T | undefined {
    const text = this.text(name);
    return text === undefined ? undefined : shape.safeParse(parseJson(text)).data;
  }
}
