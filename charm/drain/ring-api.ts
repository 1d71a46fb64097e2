/** What Mimir tells of its hash rings, and how a member that is gone for good is taken out of one. */
import { parseJson } from 'charmwright';
import * as z from 'zod/mini';
import type { MimirApi } from '../mimir-api.ts';
import { MimirAnswerError, MimirRefusedError } from '../mimir-errors.ts';
import { compareTexts } from '../text.ts';

/**
 * Every ring that a Mimir of this charm may be in, and its page. One whose component does not run here is 404; query
 * schedulers of a whole Mimir may be in none, and their page says so.
 */
export const RINGS = {
  ingester: '/ingester/ring',
  distributor: '/distributor/ring',
  'store-gateway': '/store-gateway/ring',
  compactor: '/compactor/ring',
  ruler: '/ruler/ring',
  'query-scheduler': '/query-scheduler/ring',
  alertmanager: '/multitenant_alertmanager/ring',
} as const;

export type RingName = keyof typeof RINGS;
export const RING_NAMES = Object.keys(RINGS).filter((name): name is RingName => name in RINGS);

export interface Member {
  /** The pod: `mimir-k8s-0`. */
  readonly id: string;
  /** `UNHEALTHY`: it has not been heard of for a minute. */
  readonly state: 'ACTIVE' | 'JOINING' | 'LEAVING' | 'PENDING' | 'UNHEALTHY' | 'LEFT';
  /** IP address and port of gRPC. */
  readonly address: string;
  readonly readOnly: boolean;
  /** Empty where the ring knows none. */
  readonly zone: string;
  /** When it was last heard of, in milliseconds since 1970. */
  readonly heardOf: number;
}

/** Of the page, which is HTML then, whatever was asked for. */
const NO_RING = 'ring is disabled';

const ringSchema = z.object({
  shards: z.nullable(
    z.array(
      z.object({
        id: z.string(),
        state: z.enum(['ACTIVE', 'JOINING', 'LEAVING', 'PENDING', 'UNHEALTHY', 'LEFT']),
        address: z.string(),
        read_only: z.optional(z.boolean()),
        zone: z.optional(z.string()),
        timestamp: z.string(),
      }),
    ),
  ),
});

/** By id. Undefined: this Mimir does not run the component, or has no ring for it. */
export async function ringMembers(api: MimirApi, ring: RingName): Promise<readonly Member[] | undefined> {
  const what = `read the ring of ${ring}s`;
  try {
    const request = { what, method: 'GET', path: RINGS[ring], accept: 'application/json' } as const;
    const { body } = await api.demand(request);
    if (body.includes(NO_RING)) return undefined;
    const read = z.safeParse(ringSchema, parseJson(body));
    if (!read.success) throw new MimirAnswerError(`cannot ${what}: Mimir answers something else`);
    return (read.data.shards ?? [])
      .map(({ id, state, address, read_only: readOnly, zone = '', timestamp }) => ({
        id,
        state,
        address,
        readOnly: readOnly === true,
        zone,
        heardOf: Date.parse(timestamp),
      }))
      .toSorted((a, b) => compareTexts(a.id, b.id));
  } catch (error) {
    if (error instanceof MimirRefusedError && error.status === 404) return undefined;
    throw error;
  }
}

/** Rings that have this member. */
export async function ringsOf(api: MimirApi, id: string): Promise<readonly RingName[]> {
  const has = async (ring: RingName) => (await ringMembers(api, ring))?.some((member) => member.id === id);
  const found = await Promise.all(RING_NAMES.map(has));
  return RING_NAMES.filter((_, at) => found[at] === true);
}

/** Of one that lives it does little: it comes back at its next heartbeat. */
export async function forgetMember(api: MimirApi, ring: RingName, id: string): Promise<void> {
  const what = `forget ${id} in the ring of ${ring}s`;
  try {
    await api.demand({ what, method: 'POST', path: RINGS[ring], form: { forget: id } });
  } catch (error) {
    // Mimir answers with a redirection to the page.
    if (!(error instanceof MimirRefusedError) || error.status !== 302) throw error;
  }
}
