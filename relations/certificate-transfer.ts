/**
 * Interface `certificate_transfer`, requirer: authorities that others want us to trust. Version 1 gives a list in the
 * application's databag; version 0, and libraries of version 1 that have not heard ours, a chain in each unit's.
 */
import { type Bag, parseJson } from 'charmwright';
import * as z from 'zod/mini';
import type { KeyProblem } from './bag.ts';
import { certificatesIn } from './pem.ts';

/** Our application's databag: we understand version 1. It is compared as text. */
export const CERTIFICATE_TRANSFER_APP: Bag = { version: '1' };

export interface TransferredCertificates {
  /** PEM, in the order of the databag. */
  readonly certificates: readonly string[];
  /** What could not be used; the rest is. */
  readonly problems: readonly KeyProblem[];
}

const NOTHING: TransferredCertificates = { certificates: [], problems: [] };
/** More than any authority has; Mimir reads them all at its start. */
const MOST = 1000;
const list = z.array(z.string()).check(z.maxLength(MOST));

/** Whether the application's databag says it all. */
export function isTransferV1(app: Bag): boolean {
  return (app.certificates ?? '') !== '';
}

/** The application's databag of version 1. Never throws. */
export function readTransferV1(app: Bag): TransferredCertificates {
  return isTransferV1(app) ? readList('certificates', app.certificates ?? '') : NOTHING;
}

/** A unit's databag of version 0. `ca` is part of the chain where there is one. Never throws. */
export function readTransferV0(unit: Bag): TransferredCertificates {
  if ((unit.chain ?? '') !== '') return readList('chain', unit.chain ?? '');
  const { ca = '' } = unit;
  if (ca === '') return NOTHING;
  // Bare, or as JSON.
  const text = parseJson(ca);
  return readTexts('ca', [typeof text === 'string' ? text : ca]);
}

function readList(key: string, text: string): TransferredCertificates {
  const read = list.safeParse(parseJson(text));
  if (read.success) return readTexts(key, read.data);
  const problem = `must be a JSON list of at most ${MOST} certificates`;
  return { certificates: [], problems: [{ key, problem }] };
}

/** One text may hold several. */
function readTexts(key: string, texts: readonly string[]): TransferredCertificates {
  const read = texts.map(certificatesIn);
  const problems = read.flatMap((each, at) =>
    each.length > 0 && !each.includes(undefined)
      ? []
      : [{ key, problem: `certificate ${at + 1} of ${texts.length} is not a PEM certificate` }],
  );
  return { certificates: read.flat().filter((each) => each !== undefined), problems };
}
