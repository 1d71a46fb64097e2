import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import * as z from 'zod/mini';
import { ApiError, PathError, ProtocolError } from './errors.ts';
import type { PebbleAnswer, PebbleRequest, Transport } from './transport.ts';
import type {
  FileInfo,
  ListOptions,
  MakeDirOptions,
  Ownership,
  PushOptions,
  RemoveOptions,
} from './types.ts';

const PATH = '/v1/files';

const FILE_KINDS = new Set(['not-found', 'permission-denied', 'generic-file-error']);

/** Pebble answers 200 and tells what became of each path. */
const resultsSchema = z.lazy(() =>
  z.array(
    z.object({
      path: z.string(),
      error: z.optional(z.object({ kind: z.exactOptional(z.string()), message: z.string() })),
    }),
  ),
);

type Results = z.infer<typeof resultsSchema>;

const filesSchema = z.lazy(() =>
  z.nullish(
    z.array(
      z.pipe(
        z.object({
          path: z.string(),
          name: z.string(),
          type: z.string(),
          size: z.exactOptional(z.number()),
          permissions: z.string().check(z.regex(/^[0-7]+$/)),
          'last-modified': z.string(),
          'user-id': z.nullish(z.number()),
          user: z.nullish(z.string()),
          'group-id': z.nullish(z.number()),
          group: z.nullish(z.string()),
        }),
        z.transform((file) => ({
          path: file.path,
          name: file.name,
          type: file.type,
          permissions: Number.parseInt(file.permissions, 8),
          lastModified: file['last-modified'],
          ...(file.size === undefined ? {} : { size: file.size }),
          ...(typeof file['user-id'] === 'number' ? { userId: file['user-id'] } : {}),
          ...(file.user ? { user: file.user } : {}),
          ...(typeof file['group-id'] === 'number' ? { groupId: file['group-id'] } : {}),
          ...(file.group ? { group: file.group } : {}),
        })),
      ),
    ),
  ),
);

export async function listFiles(
  transport: Transport,
  path: string,
  options: ListOptions,
): Promise<readonly FileInfo[]> {
  const query = {
    action: 'list',
    path,
    pattern: options.pattern,
    itself: options.itself ? 'true' : undefined,
  };
  try {
    return (await transport.sync(filesSchema, { method: 'GET', path: PATH, query })) ?? [];
  } catch (error) {
    if (error instanceof ApiError && FILE_KINDS.has(error.kind)) {
      throw new PathError(error.kind, path, error.pebbleMessage);
    }
    throw error;
  }
}

/** What the path leads to; undefined when nothing is there. */
export async function fileAt(transport: Transport, path: string): Promise<FileInfo | undefined> {
  try {
    return (await listFiles(transport, path, { itself: true }))[0];
  } catch (error) {
    if (error instanceof PathError && error.kind === 'not-found') return undefined;
    throw error;
  }
}

export async function makeDir(transport: Transport, path: string, options: MakeDirOptions): Promise<void> {
  const dir = {
    path,
    'make-parents': options.makeParents,
    permissions: octal(options.permissions),
    ...owner(options),
  };
  await act(transport, path, { action: 'make-dirs', dirs: [dir] });
}

export async function removePath(transport: Transport, path: string, options: RemoveOptions): Promise<void> {
  await act(transport, path, { action: 'remove', paths: [{ path, recursive: options.recursive }] });
}

export async function pullFile(transport: Transport, path: string): Promise<Buffer> {
  const content = (await pullEach(transport, [path])).get(path);
  if (content instanceof Buffer) return content;
  throw content ?? new ProtocolError(`Pebble at ${transport.socketPath} sent no ${path}`);
}

/** Of each path its content, or why it could not be read. */
export async function pullEach(
  transport: Transport,
  paths: readonly string[],
): Promise<ReadonlyMap<string, Buffer | PathError>> {
  const request: PebbleRequest = {
    method: 'GET',
    path: PATH,
    query: { action: 'read', path: paths },
    accept: 'multipart/form-data',
  };
  const answer = await transport.raw(request);
  const boundary = /^multipart\/form-data;.*\bboundary="?([^";]+)"?/.exec(answer.contentType)?.[1];
  // A refused request is answered in JSON.
  const parts = boundary === undefined ? undefined : splitMultipart(answer.body, boundary);
  const metadata = parts?.find((part) => part.name === 'response');
  const results = readResults(transport, { ...answer, body: metadata?.body ?? answer.body }, request);
  // Parts come in the order that was asked for, and none for a path that failed.
  const contents = (parts ?? []).filter((part) => part.name === 'files').values();
  const entries = results.map(({ path, error }): readonly [string, Buffer | PathError] => {
    if (error !== undefined) return [path, pathError(path, error)];
    const { value } = contents.next();
    if (value === undefined) throw new ProtocolError(`Pebble at ${transport.socketPath} sent no ${path}`);
    return [path, value.body];
  });
  return new Map(entries);
}

export async function pushFile(
  transport: Transport,
  path: string,
  content: string | Uint8Array | Readable,
  options: PushOptions,
): Promise<void> {
  if (/[\r\n\0]/.test(path)) {
    throw new PathError('generic-file-error', path, 'a path must not contain line breaks or zero bytes');
  }
  const boundary = `charmwright-${randomUUID()}`;
  const file = {
    path,
    'make-dirs': options.makeDirs,
    permissions: octal(options.permissions),
    ...owner(options),
  };
  const head = Buffer.from(
    [
      `--${boundary}`,
      'Content-Type: application/json',
      'Content-Disposition: form-data; name="request"',
      '',
      JSON.stringify({ action: 'write', files: [file] }),
      `--${boundary}`,
      'Content-Type: application/octet-stream',
      `Content-Disposition: form-data; name="files"; filename="${path.replace(/[\\"]/g, '\\$&')}"`,
      '',
      '',
    ].join('\r\n'),
  );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  const request: PebbleRequest = {
    method: 'POST',
    path: PATH,
    body: {
      type: `multipart/form-data; boundary=${boundary}`,
      content:
        content instanceof Readable
          ? Readable.from(enclosed(head, content, tail))
          : Buffer.concat([head, typeof content === 'string' ? Buffer.from(content) : content, tail]),
    },
  };
  checkResult(await transport.sync(resultsSchema, request), path);
}

async function* enclosed(head: Buffer, content: Readable, tail: Buffer): AsyncGenerator<Buffer> {
  yield head;
  for await (const chunk of content) yield Buffer.from(chunk);
  yield tail;
}

async function act(transport: Transport, path: string, json: object): Promise<void> {
  checkResult(await transport.sync(resultsSchema, { method: 'POST', path: PATH, json }), path);
}

function readResults(transport: Transport, answer: PebbleAnswer, request: PebbleRequest): Results {
  const envelope = transport.envelope(answer, request);
  return transport.parse(resultsSchema, envelope.result, request);
}

function checkResult(results: Results, path: string): void {
  const error = results.find((result) => result.error !== undefined)?.error;
  if (error !== undefined) throw pathError(path, error);
}

function pathError(path: string, { kind, message }: NonNullable<Results[number]['error']>): PathError {
  return new PathError(kind ?? 'generic-file-error', path, message);
}

/** Pebble takes exactly three octal digits, as text. */
function octal(permissions: number | undefined): string | undefined {
  return permissions?.toString(8).padStart(3, '0');
}

function owner(options: Ownership): object {
  return {
    user: options.user,
    'user-id': options.userId,
    group: options.group,
    'group-id': options.groupId,
  };
}

interface Part {
  readonly name: string;
  readonly body: Buffer;
}

/** The parts of a whole multipart body; what follows a missing delimiter is dropped. */
function splitMultipart(body: Buffer, boundary: string): readonly Part[] {
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  const parts: Part[] = [];
  // The first delimiter has no line break before it.
  let start = body.indexOf(delimiter.subarray(2)) + delimiter.length - 2;
  for (;;) {
    const headerEnd = body.indexOf('\r\n\r\n', start);
    const end = headerEnd < 0 ? -1 : body.indexOf(delimiter, headerEnd + 2);
    if (end < 0) return parts;
    const name = /name="([^"]*)"/.exec(body.toString('utf8', start, headerEnd))?.[1] ?? '';
    parts.push({ name, body: body.subarray(headerEnd + 4, end) });
    start = end + delimiter.length;
  }
}
