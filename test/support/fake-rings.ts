/** Stands at the pages of Mimir's rings. The real ones are asked in test/local. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';

const PAGE = /^\/([\w-]+)\/ring$/;

const READ_ONLY = '/ingester/prepare-instance-ring-downscale';
const UNREGISTERS = '/ingester/unregister-on-shutdown';
const TENANTS = '/ingester/tenants';
const BLOCKS = '/ingester/tsdb/anonymous';

export class FakeRings {
  /** Whether the ingester takes writes. */
  takesWrites = true;
  /** That the ingester has on its volume. */
  block: string | undefined;
  /** Whether it leaves its ring when it ends. */
  unregisters = false;
  /** How often somebody has read the ring of ingesters. */
  asked = 0;
  /** State by id, by the first part of the page's path; absent: Mimir does not run the component. */
  readonly members = new Map<string, Map<string, string>>();

  /** These ids are in these states, in the ring of ingesters. */
  ingesters(states: Readonly<Record<string, string>>): void {
    this.members.set('ingester', new Map(Object.entries(states)));
  }

  takes(url = ''): boolean {
    const isIngesters = url === READ_ONLY || url === UNREGISTERS || url === TENANTS || url === BLOCKS;
    return this.members.has(PAGE.exec(url)?.[1] ?? '') || (isIngesters && this.members.has('ingester'));
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url === READ_ONLY) {
      if (request.method !== 'GET') this.takesWrites = request.method === 'DELETE';
      response.end(JSON.stringify({ timestamp: this.takesWrites ? 0 : 1 }));
      return;
    }
    if (request.url === UNREGISTERS) {
      this.unregisters = (await text(request)) === '{"unregister":true}';
      response.end('{"unregister":true}');
      return;
    }
    if (request.url === TENANTS) {
      response.end(JSON.stringify({ Tenants: this.block === undefined ? null : [{ Tenant: 'anonymous' }] }));
      return;
    }
    if (request.url === BLOCKS) {
      response.end(JSON.stringify({ Blocks: [{ ID: this.block }] }));
      return;
    }
    const ring = this.members.get(PAGE.exec(request.url ?? '')?.[1] ?? '');
    if (request.method === 'POST') {
      const gone = new URLSearchParams(await text(request)).get('forget') ?? '';
      response.writeHead(ring?.delete(gone) === true ? 302 : 500, { location: '#' }).end();
      return;
    }
    if (request.url === '/ingester/ring') this.asked += 1;
    const shards = [...(ring ?? [])].map(([id, state], number) => ({
      id,
      state,
      address: `10.1.0.${number + 1}:9095`,
      timestamp: new Date().toISOString(),
      read_only: false,
    }));
    response.end(JSON.stringify({ shards: shards.length === 0 ? null : shards, now: new Date() }));
  }
}
