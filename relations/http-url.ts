/** URLs of others that end up in Mimir's configuration: plain ones only, which no list, flag or expansion reads otherwise. */
import * as z from 'zod/mini';

const LONGEST = 2048;
/** What Go's parser takes as it stands, and that divides no list of Mimir's. */
const PLAIN_PATH = /^[\w.~/-]*$/;
const PLAIN_HOST = /^(?:[\w.-]+|\[[0-9a-f:.]+\])$/;

/** An address and at most a path, without a slash at its end. */
export const plainHttpUrl = z.pipe(
  z
    .string()
    .check(
      z.maxLength(LONGEST, 'is too long'),
      z.refine(isPlainHttpUrl, 'must be an http or https URL of host, port and path only'),
    ),
  z.transform((text: string) => new URL(text).href.replace(/\/+$/, '')),
);

function isPlainHttpUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return (
    url !== undefined &&
    (url.protocol === 'http:' || url.protocol === 'https:') &&
    url.username === '' &&
    url.password === '' &&
    url.search === '' &&
    url.hash === '' &&
    PLAIN_HOST.test(url.hostname) &&
    PLAIN_PATH.test(url.pathname)
  );
}
