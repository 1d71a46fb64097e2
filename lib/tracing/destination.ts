/** Where traces go, as the last dispatch that looked has found it. */

/** In the charm's folder; there only while the tracing relation is. */
export const DESTINATION_FILE = '.charmwright-tracing';

export interface Destination {
  /** `http://tempo:4318/v1/traces`; without it traces are kept until there is one. */
  readonly url?: string;
  /** Certificates to trust, as one PEM text; the system's when absent. */
  readonly ca?: string;
}

export function isHttp(url: string): boolean {
  return URL.canParse(url) && /^https?:\/\//.test(url);
}

/**
 * Where a receiver at this base URL takes traces.
 * @param ca certificates to trust; the empty text when they are yet to come, so that https has to wait for them.
 */
export function destinationAt(base: string | undefined, ca: string | undefined): Destination {
  if (base === undefined || !isHttp(base)) return {};
  const url = `${base.replace(/\/+$/, '')}/v1/traces`;
  if (url.startsWith('http:')) return { url };
  if (ca === '') return {};
  return { url, ...(ca !== undefined && { ca }) };
}

/** The URL is the first line, what follows are the certificates. Empty without a URL, as the dispatch script knows. */
export function formatDestination({ url, ca = '' }: Destination): string {
  return url === undefined ? '' : `${url}\n${ca}`;
}

/** A file that somebody has spoilt is written anew by the next event that looks. */
export function parseDestination(text: string): Destination {
  const [url = '', ...ca] = text.split('\n');
  if (!isHttp(url)) return {};
  return { url, ...(ca.join('').trim() !== '' && { ca: ca.join('\n') }) };
}
