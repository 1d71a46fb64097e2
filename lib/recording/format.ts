/** The file that a recorded dispatch leaves: what it was told, all that it asked, and what was answered. */
import * as z from 'zod/mini';
import { CharmwrightError } from '../errors.ts';
import { parseJson } from '../json.ts';

/** Raised when a file of an older version could be misread. */
export const RECORDING_VERSION = 1;

/** What was given back, or what was thrown; bytes and errors as `values.ts` writes them. */
const outcome = z.union([z.object({ value: z.unknown() }), z.object({ error: z.unknown() })]);

const toolCall = z.object({
  kind: z.literal('tool'),
  tool: z.string(),
  args: z.array(z.string()),
  stdin: z.exactOptional(z.string()),
  code: z.int(),
  stdout: z.string(),
  stderr: z.string(),
});

const pebbleCall = z.object({
  kind: z.literal('pebble'),
  container: z.string(),
  method: z.string(),
  args: z.array(z.unknown()),
  outcome,
});

const httpCall = z.object({
  kind: z.literal('http'),
  method: z.string(),
  /** With the origin and the query. */
  url: z.string(),
  body: z.exactOptional(z.unknown()),
  outcome,
});

const call = z.discriminatedUnion('kind', [toolCall, pebbleCall, httpCall]);

const recordingSchema = z.object({
  format: z.literal('charmwright-recording'),
  version: z.literal(RECORDING_VERSION),
  /** RFC 3339. */
  started: z.string(),
  charm: z.string(),
  /** Juju's variables, without those that let somebody speak for the unit. */
  environment: z.record(z.string(), z.string()),
  /** Who the unit was to Kubernetes, without its token; there when that was asked. */
  serviceAccount: z.exactOptional(z.object({ origin: z.string(), namespace: z.string() })),
  /** The framework's own files in the charm's folder, as they were before; null for one that was not there. */
  files: z.record(z.string(), z.nullable(z.string())),
  /** Placeholder to where its value was found first. */
  masked: z.record(z.string(), z.string()),
  /** In the order in which they were asked. */
  calls: z.array(call),
  stderr: z.string(),
  exitCode: z.int(),
});

/** One dispatch of a unit, as it was. */
export type Recording = z.infer<typeof recordingSchema>;
/** A hook tool, a call to a workload's Pebble or an HTTP request, with its answer. */
export type RecordedCall = z.infer<typeof call>;
export type RecordedTool = z.infer<typeof toolCall>;
export type RecordedPebble = z.infer<typeof pebbleCall>;
export type RecordedHttp = z.infer<typeof httpCall>;
export type RecordedOutcome = z.infer<typeof outcome>;

/** A file is not a recording, or not one that this version reads. */
export class RecordingError extends CharmwrightError {
  override name = 'RecordingError';
}

/** The text of a recording, checked. @throws RecordingError naming `where` and what is wrong with it. */
export function parseRecording(text: string, where: string): Recording {
  const parsed = recordingSchema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const place = issue?.path.join('.') || 'the whole';
  throw new RecordingError(
    `cannot read ${where}: it is not a recording of version ${RECORDING_VERSION} (${place}: ${issue?.message})`,
  );
}
