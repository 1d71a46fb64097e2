/** Traces of Mimir, over workload-tracing, and of the hooks, over charm-tracing: each goes its own way. */
import {
  findContainer,
  findRelation,
  peerRelation,
  relation,
  type State,
  stateOf,
} from 'charmwright/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FakeMimir } from '../../../support/fake-mimir.ts';
import { mimir, world } from '../../../support/mimir-world.ts';

const HOST = '127.78.1.91';
const ready = { kind: 'pebble-ready', container: 'mimir' } as const;
const changed = { kind: 'relation-changed', relation: 'workload-tracing' } as const;

let server: FakeMimir;
beforeAll(async () => {
  server = await FakeMimir.at(HOST);
});
afterAll(() => server[Symbol.asyncDispose]());

const offers = (url: string) => ({
  receivers: JSON.stringify([{ protocol: { name: 'otlp_http', type: 'http' }, url }]),
});

function traced(said: Readonly<Record<string, string>>, input: Parameters<typeof world>[1] = {}) {
  const tempo = relation('workload-tracing', { id: 7, remoteApp: 'tempo', remoteAppData: said });
  return world(HOST, { relations: [peerRelation('mimir-peers', { id: 1 }), tempo], ...input });
}

/** What of its environment makes Mimir trace. */
function environment(state: State): Readonly<Record<string, string>> {
  const { services = {} } = findContainer(state, 'mimir').layers['mimir-charm'] ?? {};
  const all = Object.entries(services.mimir?.environment ?? {});
  return Object.fromEntries(all.filter(([key]) => key.startsWith('OTEL_')));
}

describe("Mimir's traces", () => {
  test('are asked for, and made once somebody takes them, with the unit named in each', async () => {
    const asked = await mimir.run({ kind: 'relation-created', relation: 'workload-tracing' }, traced({}));
    expect(findRelation(asked, 'workload-tracing').localAppData).toEqual({ receivers: '["otlp_http"]' });
    const untraced = await mimir.run(ready, traced({}));
    expect(environment(untraced)).toEqual({});
    const after = await mimir.run(ready, traced(offers('http://tempo:4318')));
    expect(environment(after)).toEqual({
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://tempo:4318/v1/traces',
      OTEL_RESOURCE_ATTRIBUTES:
        'juju_model=cos,juju_model_uuid=20ce8299-3634-4bef-8bd8-5ace6c8816b4,juju_application=mimir-k8s,juju_charm=mimir-k8s,juju_unit=mimir-k8s%2F0',
      OTEL_SERVICE_NAME: 'mimir-k8s',
    });
  });

  test('end with the relation, and Mimir is restarted for each change once', async () => {
    const there = await mimir.run(ready, traced(offers('http://tempo:4318')));
    const again = await mimir.run(changed, there);
    expect(again.serviceStarts, 'nothing has changed').toEqual([]);
    const gone = await mimir.run({ kind: 'relation-broken', relation: 'workload-tracing' }, again);
    expect(environment(gone)).toEqual({});
    expect(gone.serviceStarts).toEqual(['mimir/mimir']);
  });

  test('go on as they were while an option is wrong, also in a new pod', async () => {
    const there = await mimir.run(ready, traced(offers('http://tempo:4318')));
    const wrong = { ...there, config: { 'log-level': 'loud' } };
    const held = await mimir.run('config-changed', wrong);
    expect(held.serviceStarts).toEqual([]);
    const moved = await mimir.run(changed, {
      ...wrong,
      relations: traced(offers('http://other:4318')).relations,
    });
    expect(environment(moved), 'what is not started with is not told').toEqual(environment(there));
    expect(moved.serviceStarts).toEqual([]);
  });

  test('are told of when the other side says nonsense', async () => {
    const after = await mimir.run(changed, traced(offers('http://x:1/"\nLD_PRELOAD=/tmp/x')));
    expect(environment(after)).toEqual({});
    expect(after.unitStatus.message).toContain(
      '[workload-tracing] not used: data of tempo (workload-tracing:7): key "receivers" url of otlp_http',
    );
  });
});

describe("the hooks' traces", () => {
  test('are recorded while somebody takes them, and are no concern of Mimir', async () => {
    const tempo = relation('charm-tracing', { id: 8, remoteAppData: offers('http://tempo:4318') });
    const before = world(HOST, { relations: [peerRelation('mimir-peers', { id: 1 }), tempo] });
    const there = await mimir.run({ kind: 'relation-changed', relation: tempo }, before);
    expect(findRelation(there, 'charm-tracing').localAppData).toEqual({ receivers: '["otlp_http"]' });
    const after = await mimir.run('config-changed', stateOf(there));
    expect(after.trace?.spans.map(({ name }) => name)).toContain('reconcile: mimir-k8s');
    const started = await mimir.run(ready, stateOf(there));
    expect(environment(started)).toEqual({});
  });
});
