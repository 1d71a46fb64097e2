/**
 * Memcacheds for Mimir's caches. Mimir does not start while the name of one does not resolve, so it is given IP
 * addresses only: one where nobody answers does it no harm.
 */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Juju } from 'charmwright';
import * as z from 'zod/mini';
import { type CacheAddress, type CacheServer, readCache } from '../../relations/memcache.ts';
import { claimCache } from '../cache-owner.ts';
import type { Spec } from '../generated.ts';
import type { Neighbour } from './neighbour.ts';
import { distinct, type UnitAddress, unitAddresses } from './unit-addresses.ts';

/** What was found out before; of what is not there any more nothing is kept. */
const shape = z.object({
  /** Addresses, by name. */
  names: z.record(z.string(), z.array(z.string())),
  /** Whether it is another Mimir's, by address. */
  others: z.record(z.string(), z.boolean()),
});
type Known = z.output<typeof shape>;

export const cache: Neighbour = {
  async observe(juju, relations) {
    const before = juju.stored('cache', shape) ?? { names: {}, others: {} };
    const look = new Look(juju, before);
    const { addresses, problems } = await unitAddresses(relations, (unit) => look.at(readCache(unit)));
    if (JSON.stringify(look.seen) !== JSON.stringify(before)) juju.store('cache', look.seen);
    const caches = distinct(addresses.flat());
    return { neighbours: caches.length === 0 ? {} : { caches }, problems };
  },
};

/** Events in which memcacheds are asked again whose they are. */
const ASKED_AGAIN: ReadonlySet<string> = new Set([
  'start',
  'upgrade-charm',
  'leader-elected',
  'update-status',
]);

class Look {
  readonly seen: Known = { names: {}, others: {} };
  readonly #juju: Juju<Spec>;
  readonly #before: Known;

  constructor(juju: Juju<Spec>, before: Known) {
    this.#juju = juju;
    this.#before = before;
  }

  async at(said: CacheAddress): Promise<UnitAddress<readonly string[]>> {
    if (!said.ok) return said;
    if (said.address === undefined) return { ok: true };
    const { host, port } = said.address;
    const found = await this.#addressesOf(host);
    if (found.length === 0) return refused('does not resolve');
    const others = await Promise.all(found.map((ip) => this.#isOthers({ host: ip, port })));
    if (others.includes(true)) return refused('is the cache of another Mimir');
    return { ok: true, address: found.map((ip) => hostPort({ host: ip, port })) };
  }

  /** The last ones while the name does not resolve: other addresses would restart Mimir. */
  async #addressesOf(host: string): Promise<readonly string[]> {
    if (isIP(host) !== 0) return [host];
    const found = await lookup(host, { all: true }).then(
      (all) => all.map(({ address }) => address).toSorted(),
      () => this.#before.names[host] ?? [],
    );
    this.seen.names[host] = found;
    return found;
  }

  async #isOthers(server: CacheServer): Promise<boolean> {
    const { event, app, model } = this.#juju;
    const address = hostPort(server);
    const known = this.#before.others[address];
    const asks = ASKED_AGAIN.has(event.kind) || ('endpoint' in event && event.endpoint === 'cache');
    const owner =
      known !== undefined && !asks
        ? 'silent'
        : await claimCache(server.host, server.port, `${model.uuid}/${app}`);
    // One that says nothing is as it was; one that never did may become ours.
    const isOthers = owner === 'silent' ? (known ?? false) : owner === 'others';
    this.seen.others[address] = isOthers;
    return isOthers;
  }
}

function refused(problem: string): UnitAddress<never> {
  return { ok: false, problems: [{ key: 'host', problem }] };
}

function hostPort({ host, port }: CacheServer): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}
