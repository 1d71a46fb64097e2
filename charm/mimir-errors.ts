/** How asking Mimir can fail. Messages carry Mimir's own words, without addresses and keys of object storage. */
import { firstLine } from './text.ts';

export class MimirError extends Error {
  override name = 'MimirError';
}

/** Nobody answers: Mimir starts, has died, or takes longer than the time-out. */
export class MimirUnreachableError extends MimirError {
  override name = 'MimirUnreachableError';
}

/** Mimir refuses what it was given (4xx); sending it again changes nothing. `reason` is for the user. */
export class MimirRefusedError extends MimirError {
  override name = 'MimirRefusedError';
  readonly status: number;
  readonly reason: string;
  /** All that Mimir said, of any length. */
  readonly answer: string;
  constructor(what: string, status: number, reason: string, answer = reason) {
    super(`cannot ${what}: ${reason}`);
    this.status = status;
    this.reason = reason;
    this.answer = answer;
  }
}

/** Mimir could not do it (5xx), often because object storage does not answer. */
export class MimirFailedError extends MimirError {
  override name = 'MimirFailedError';
  readonly status: number;
  constructor(what: string, status: number, reason: string) {
    super(`cannot ${what}: Mimir failed with ${status}: ${reason}`);
    this.status = status;
  }
}

/** Mimir answered something that it never answers. */
export class MimirAnswerError extends MimirError {
  override name = 'MimirAnswerError';
}

const LONGEST_REASON = 400;

/** Mimir's text in one line. Errors of its S3 client name the URL of the object and may hold a signature. */
export function reasonOf(body: string): string {
  const text = (errorField(body) ?? body)
    .split('\n')
    .map(firstLine)
    .filter((line) => line !== '')
    .join(' ')
    .replaceAll(/\b[a-z][a-z0-9+.-]*:\/\/[^\s"']+/gi, '(URL)')
    .replaceAll(/((?:access|secret)[-_ ]?key(?:[-_ ]?id)?["']?\s*[:=]\s*)\S+/gi, '$1(hidden)');
  return text.length > LONGEST_REASON ? `${text.slice(0, LONGEST_REASON - 1)}…` : text;
}

/** Prometheus' own endpoints wrap the reason in JSON. */
function errorField(body: string): string | undefined {
  return /^\s*\{.*"error":\s*("(?:[^"\\]|\\.)*")/s
    .exec(body)?.[1]
    ?.replace(/^"(.*)"$/s, (_all, text: string) => text.replaceAll('\\"', '"'));
}
