/** Why a container could not be made what it should be, in one line that fits a status. */
import { ApiError, ChangeError, PathError, type PebbleError } from '../pebble/errors.ts';
import type { Task } from '../pebble/types.ts';

const LONGEST = 200;

export function failureReason(error: PebbleError): string {
  return shortened(firstLine(reasonOf(error)));
}

function reasonOf(error: PebbleError): string {
  if (error instanceof ChangeError) {
    const failed = error.change.tasks.find(({ status }) => status === 'Error');
    return failed === undefined ? (error.change.err ?? error.message) : taskReason(failed);
  }
  // Before the last colon stands the name of a temporary file, another one each time.
  if (error instanceof PathError)
    return `cannot use ${error.path}: ${error.pebbleMessage.split(': ').at(-1)}`;
  if (error instanceof ApiError) return error.pebbleMessage;
  return error.message;
}

/** The last words of a service that exited are in its task's log, indented below a line of Pebble's own. */
function taskReason({ kind, summary, log }: Task): string {
  const service = /service (".*")$/.exec(summary)?.[1];
  const what = service === undefined ? summary : `service ${service} does not ${kind}`;
  const lines = log.flatMap((entry) => entry.split('\n'));
  const said = lines.filter((line) => line.startsWith('    ') && line.trim() !== '').at(-1);
  const why = said?.trim() ?? lines.at(-1)?.replace(/^\S+ [A-Z]+ /, '') ?? '';
  return why === '' ? what : `${what}: ${why}`;
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}

function shortened(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}
