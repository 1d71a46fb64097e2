/** Interface `tracing`, version 2, requirer: where somebody takes spans. We ask for OTLP over HTTP, which Mimir speaks. */
import { type Bag, parseJson, stableJson } from 'charmwright';
import * as z from 'zod/mini';
import { plainHttpUrl } from './http-url.ts';

const PROTOCOL = 'otlp_http';

/** Our application's databag. One name that the other side does not know would spoil the whole request. */
export function tracingApp(): Bag {
  return { receivers: stableJson([PROTOCOL]) };
}

export type Receiver =
  /** `url` is absent while there is none: a relay may have no backend yet. */
  { readonly ok: true; readonly url?: string } | { readonly ok: false; readonly problem: string };

const listed = z.array(z.unknown());
const ours = z.object({ protocol: z.object({ name: z.literal(PROTOCOL) }), url: z.optional(z.unknown()) });

/** The other application's databag: the base of OTLP's paths. All it offers is listed there, for others too. */
export function readReceiver(bag: Bag): Receiver {
  const text = bag.receivers ?? '';
  if (text === '') return { ok: true };
  const list = listed.safeParse(parseJson(text));
  if (!list.success) return { ok: false, problem: 'must be a JSON list' };
  const [offer] = list.data.flatMap((each) => ours.safeParse(each).data ?? []);
  if (offer === undefined) return { ok: true };
  const url = plainHttpUrl.safeParse(offer.url);
  if (url.success) return { ok: true, url: url.data };
  return { ok: false, problem: `url of ${PROTOCOL}: ${url.error.issues[0]?.message ?? 'is not valid'}` };
}
