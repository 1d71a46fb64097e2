/**
 * Interface `alertmanager_dispatch`, requirer: each unit of an Alertmanager says where it takes alerts. We say nothing.
 */
import type { Bag } from 'charmwright';
import type { KeyProblem } from './bag.ts';
import { plainHttpUrl } from './http-url.ts';

export type AlertmanagerAddress =
  /** The URL is absent while the unit has not said it. */
  | { readonly ok: true; readonly address?: string }
  | { readonly ok: false; readonly problems: readonly KeyProblem[] };

/** One unit's databag. Since version 1 of the interface there is `url`; before, the scheme stood apart from the rest. */
export function readAlertmanager(bag: Bag): AlertmanagerAddress {
  const { url = '', public_address: address = '', scheme = '' } = bag;
  if (url !== '') return parsed('url', url);
  if (address !== '') return parsed('public_address', `${scheme || 'http'}://${address}`);
  return { ok: true };
}

function parsed(key: string, text: string): AlertmanagerAddress {
  const result = plainHttpUrl.safeParse(text);
  if (result.success) return { ok: true, address: result.data };
  return { ok: false, problems: [{ key, problem: result.error.issues[0]?.message ?? 'is not valid' }] };
}
