/** What a snapshot asks of the command line that `juju` and `juju-local` share. Nothing else of either is used. */
import { execFile } from 'node:child_process';
import * as z from 'zod';
import { parseJson } from '../json.ts';
import { SnapshotError } from './format.ts';

/** One run of the command: `juju` and these words. */
export type RunJuju = (
  words: readonly string[],
) => Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>;

/** Output of a unit's probe holds files; Juju itself keeps at most 16 MB of it. */
const LARGEST_OUTPUT = 64 * 1024 * 1024;

/** Runs the program itself, never through a shell. `command` is `juju`, or a program with its first arguments. */
export function jujuProcess([program = 'juju', ...first]: readonly string[]): RunJuju {
  return (words) =>
    new Promise((resolve, reject) => {
      execFile(program, [...first, ...words], { maxBuffer: LARGEST_OUTPUT }, (error, stdout, stderr) => {
        if (error === null) return resolve({ code: 0, stdout, stderr });
        if (typeof error.code === 'number') return resolve({ code: error.code, stdout, stderr });
        reject(new SnapshotError(`cannot run ${program}: ${error.message}`, { cause: error }));
      });
    });
}

const bag = z.record(z.string(), z.string()).nullish();

const unitShape = z.object({
  leader: z.boolean().optional(),
  'workload-version': z.string().optional(),
  'relation-info': z
    .array(
      z.object({
        'relation-id': z.int(),
        endpoint: z.string(),
        'application-data': z.record(z.string(), z.unknown()).nullish(),
        'local-unit': z.object({ data: bag }).nullish(),
        'related-units': z
          .record(z.string(), z.object({ 'in-scope': z.boolean().optional(), data: bag }))
          .nullish(),
      }),
    )
    .nullish(),
});
export type ShownUnit = z.infer<typeof unitShape>;
export type ShownRelation = NonNullable<ShownUnit['relation-info']>[number];

const statusShape = z.object({
  model: z.object({ name: z.string() }),
  applications: z.record(
    z.string(),
    z.object({
      'charm-name': z.string().optional(),
      version: z.string().optional(),
      'application-status': z.object({ current: z.string(), message: z.string().optional() }).optional(),
      units: z.record(z.string(), z.object({ leader: z.boolean().optional() })).nullish(),
    }),
  ),
});

const configShape = z.object({
  settings: z.record(
    z.string(),
    z.object({ source: z.string(), value: z.union([z.string(), z.number(), z.boolean()]).optional() }),
  ),
});

const execShape = z.record(
  z.string(),
  z.object({
    results: z.object({
      'return-code': z.int(),
      stdout: z.string().optional(),
      stderr: z.string().optional(),
    }),
  }),
);

/** Juju nests the content under `Data`; the local model does not. */
const contentShape = z.union([
  z.object({ Data: z.record(z.string(), z.string()) }).transform(({ Data }) => Data),
  z.record(z.string(), z.string()),
]);
const secretShape = z.record(
  z.string(),
  z.object({
    revision: z.int(),
    content: contentShape.optional(),
  }),
);

export interface ShownSecret {
  readonly revision: number;
  readonly content: Readonly<Record<string, string>>;
}

/** The verbs, with their answers parsed. Each throws SnapshotError in the command's own words. */
export class Commands {
  readonly #run: RunJuju;
  constructor(run: RunJuju) {
    this.#run = run;
  }

  async showUnit(unit: string): Promise<ShownUnit> {
    const shown = await this.#json(z.record(z.string(), unitShape), ['show-unit', unit]);
    return shown[unit] ?? lost(`show-unit ${unit} told of no such unit`);
  }

  status(): Promise<z.infer<typeof statusShape>> {
    return this.#json(statusShape, ['status']);
  }

  /** What the operator has set; options with a default are left out. */
  async userConfig(application: string): Promise<Record<string, string | number | boolean>> {
    const { settings } = await this.#json(configShape, ['config', application]);
    return Object.fromEntries(
      Object.entries(settings).flatMap(([name, { source, value }]) =>
        source === 'user' && value !== undefined ? [[name, value]] : [],
      ),
    );
  }

  /** What a shell script writes to stdout in the charm container, in a hook context. */
  async exec(unit: string, script: string): Promise<string> {
    const { stdout, stderr } = await this.#run(['exec', '--unit', unit, '--format', 'json', '--', script]);
    const answer = execShape.safeParse(parseJson(stdout)).data?.[unit]?.results;
    const said = answer?.stderr?.trim() || stderr.trim() || 'it answered nothing that can be read';
    if (answer === undefined || answer['return-code'] !== 0) return lost(`exec on ${unit}: ${said}`);
    return answer.stdout ?? '';
  }

  /** The latest revision, by the operator's own right: no unit begins to track anything by it. */
  async secret(id: string): Promise<ShownSecret | undefined> {
    const { code, stdout } = await this.#run(['show-secret', id, '--reveal', '--format', 'json']);
    const [shown] = Object.values(secretShape.safeParse(parseJson(stdout)).data ?? {});
    if (code !== 0 || shown === undefined) return undefined;
    return { revision: shown.revision, content: shown.content ?? {} };
  }

  async #json<T>(shape: z.ZodType<T>, words: readonly string[]): Promise<T> {
    const { code, stdout, stderr } = await this.#run([...words, '--format', 'json']);
    if (code !== 0) return lost(`${words.join(' ')}: ${stderr.trim().replace(/^ERROR /, '')}`);
    const parsed = shape.safeParse(parseJson(stdout));
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    return lost(
      `${words.join(' ')} answered otherwise than expected: ${issue?.path.join('.')}: ${issue?.message}`,
    );
  }
}

function lost(why: string): never {
  throw new SnapshotError(`cannot take a snapshot: ${why}`);
}
