import { findRelation, peerRelation, relation, type State } from 'charmwright/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { FakeMimir } from '../../../support/fake-mimir.ts';
import {
  GrafanaStandIn,
  headersOf,
  type PublishedRelation,
  uidOf,
} from '../../../support/grafana-stand-in.ts';
import { MODEL, mimir, world } from '../../../support/mimir-world.ts';

const HOST = '127.78.1.80';
const INSIDE = 'http://mimir-k8s.cos.svc.cluster.local:9009';
const NAME = `juju_${MODEL.name}_${MODEL.uuid}_mimir-k8s`;
const ENDPOINTS = { 'grafana-source': 6, 'grafana-source-alertmanager': 8 } as const;
type Endpoint = keyof typeof ENDPOINTS;

let server: FakeMimir;
beforeAll(async () => {
  server = await FakeMimir.at(HOST);
});
afterAll(() => server[Symbol.asyncDispose]());

/** Units of the application, each in a world of its own, and the databags that pass between them and a Grafana. */
class Application {
  readonly #grafana: GrafanaStandIn;
  readonly #endpoints: readonly Endpoint[];
  readonly #config: Record<string, string | number | boolean>;
  readonly #more: Parameters<typeof world>[1];
  readonly #away = new Set<number>();
  #leader = 0;
  #units: readonly number[] = [0];
  #agreed: Readonly<Record<string, string>> = {};
  readonly #bags = new Map<
    number,
    { app: Record<string, string>; units: Record<string, Record<string, string>> }
  >();
  #answers: ReadonlyMap<number, Readonly<Record<string, string>>> = new Map();

  constructor(
    grafana: GrafanaStandIn,
    endpoints: readonly Endpoint[],
    config: Record<string, string | number | boolean> = {},
    more: Parameters<typeof world>[1] = {},
  ) {
    [this.#grafana, this.#endpoints, this.#config, this.#more] = [grafana, endpoints, config, more];
  }

  scale(units: number): this {
    this.#units = Array.from({ length: units }, (_, unit) => unit);
    return this;
  }

  /** Its pod is gone. What it has said stands, and it is not asked any more. */
  hold(unit: number): this {
    this.#away.add(unit);
    return this;
  }

  release(unit: number): this {
    this.#away.delete(unit);
    return this;
  }

  /** The unit is gone for good, and its databags with it. */
  remove(gone: number): this {
    this.#units = this.#units.filter((unit) => unit !== gone);
    for (const { units } of this.#bags.values()) delete units[`mimir-k8s/${gone}`];
    return this;
  }

  lead(unit: number): this {
    this.#leader = unit;
    return this;
  }

  /** Every unit runs a hook, then Grafana does, until nothing changes any more. */
  async settle(): Promise<void> {
    for (let before = ''; ; ) {
      for (const unit of this.#units) if (!this.#away.has(unit)) await this.#hook(unit);
      this.#answers = this.#grafana.changed(this.#published());
      const now = JSON.stringify([[...this.#bags], [...this.#answers]]);
      if (now === before) return;
      before = now;
    }
  }

  bags(endpoint: Endpoint) {
    return this.#bags.get(ENDPOINTS[endpoint]);
  }

  async #hook(unit: number): Promise<void> {
    const relations = this.#endpoints.map((endpoint) => {
      const id = ENDPOINTS[endpoint];
      const bags = this.#bags.get(id);
      return relation(endpoint, {
        id,
        remoteApp: 'grafana-k8s',
        remoteAppData: this.#answers.get(id) ?? {},
        localAppData: bags?.app ?? {},
        localUnitData: bags?.units[`mimir-k8s/${unit}`] ?? {},
      });
    });
    const { relations: others = [], ...more } = this.#more ?? {};
    const siblings = this.#units.filter((each) => each !== unit).map((each) => [each, {}]);
    const peers = peerRelation('mimir-peers', {
      id: 1,
      localAppData: this.#agreed,
      units: Object.fromEntries(siblings),
    });
    const after = await mimir.run(
      { kind: 'update-status' },
      world(HOST, {
        leader: unit === this.#leader,
        unitNumber: unit,
        plannedUnits: this.#units.length,
        config: this.#config,
        relations: [peers, ...others, ...relations],
        ...more,
      }),
    );
    this.#agreed = findRelation(after, 'mimir-peers').localAppData;
    for (const endpoint of this.#endpoints) this.#keep(endpoint, unit, after);
  }

  #keep(endpoint: Endpoint, unit: number, after: State): void {
    const { localAppData, localUnitData } = findRelation(after, endpoint);
    const before = this.#bags.get(ENDPOINTS[endpoint]);
    this.#bags.set(ENDPOINTS[endpoint], {
      app: { ...localAppData },
      units: { ...before?.units, [`mimir-k8s/${unit}`]: { ...localUnitData } },
    });
  }

  #published(): readonly PublishedRelation[] {
    return [...this.#bags].map(([id, bags]) => ({ id, ...bags }));
  }
}

test('two Grafanas at once each get what they read, and the one that shows alerts gets the link to them', async () => {
  const relations = [
    peerRelation('mimir-peers', { id: 1 }),
    relation('grafana-source', { id: 6, remoteApp: 'old', remoteAppData: { grafana_uid: 'juju_old' } }),
    relation('grafana-source', {
      id: 16,
      remoteApp: 'new',
      remoteAppData: { grafana_uid: 'juju_new', app_datasource_uid: NAME },
    }),
    relation('grafana-source-alertmanager', {
      id: 18,
      remoteApp: 'new',
      remoteAppData: { grafana_uid: 'juju_new', app_datasource_uid: `${NAME}_alertmanager` },
    }),
  ];
  const after = await mimir.run('update-status', world(HOST, { relations }));
  const of = (id: number) => {
    const { localAppData, localUnitData } = findRelation(after, id);
    const { extra_fields: fields } = JSON.parse(localAppData.grafana_source_data ?? '{}');
    return { unit: localUnitData.grafana_source_host, link: fields?.alertmanagerUid };
  };
  expect(of(6)).toEqual({ unit: `${INSIDE}/prometheus`, link: undefined });
  expect(of(16)).toEqual({ unit: undefined, link: uidOf(`${NAME}_alertmanager`) });
  expect(of(18)).toEqual({ unit: undefined, link: undefined });
});

describe('a new leader', () => {
  const asked = (remoteAppData: Record<string, string>, others = [0]) =>
    mimir.run(
      'leader-elected',
      world(HOST, {
        leader: true,
        unitNumber: 1,
        plannedUnits: 2,
        relations: [
          peerRelation('mimir-peers', {
            id: 1,
            localAppData: { 'grafana-stand-in': 'mimir-k8s/0' },
            units: Object.fromEntries(others.map((unit) => [unit, {}])),
          }),
          relation('grafana-source', { id: 6, remoteAppData }),
        ],
      }),
    );
  const peers = async (after: ReturnType<typeof asked>) =>
    findRelation(await after, 'mimir-peers').localAppData['grafana-stand-in'];

  test('leaves the word to the unit that has it, though that one may be away', async () => {
    const after = asked({});
    expect(await peers(after)).toBe('mimir-k8s/0');
    expect(findRelation(await after, 'grafana-source').localUnitData).not.toHaveProperty(
      'grafana_source_host',
    );
  });

  test('has the word when that one has been removed', async () => {
    const after = asked({}, []);
    expect(await peers(after)).toBe('mimir-k8s/1');
    expect(findRelation(await after, 'grafana-source').localUnitData).toHaveProperty('grafana_source_host');
  });

  test('has no need of one where Grafana reads the application', async () => {
    expect(await peers(asked({ app_datasource_uid: NAME }))).toBeUndefined();
  });
});

describe.each(['v0', 'v1'] as const)('a Grafana whose charm reads %s', (library) => {
  let grafana: GrafanaStandIn;
  beforeEach(() => {
    grafana = new GrafanaStandIn(library);
  });
  const one = (name: string) => (library === 'v0' ? `${name}_0` : name);

  test('has exactly one data source of Mimir, whatever the number of units', async () => {
    await new Application(grafana, ['grafana-source']).scale(3).settle();
    expect(grafana.dataSources).toEqual([
      {
        uid: uidOf(one(NAME)),
        name: one(NAME),
        type: 'prometheus',
        url: `${INSIDE}/prometheus`,
        jsonData: {
          httpMethod: 'POST',
          manageAlerts: true,
          prometheusType: 'Mimir',
          prometheusVersion: '2.9.1',
          timeInterval: '1m',
          timeout: 300,
        },
        secureJsonData: {},
      },
    ]);
  });

  test('has one more, of the Alertmanager, and the first one points at it by the UID that Grafana gave it', async () => {
    await new Application(grafana, ['grafana-source', 'grafana-source-alertmanager']).scale(2).settle();
    const [prometheus, alertmanager, ...more] = grafana.dataSources;
    expect(more).toEqual([]);
    expect(alertmanager).toMatchObject({
      name: one(`${NAME}_alertmanager`),
      type: 'alertmanager',
      url: INSIDE,
      jsonData: { implementation: 'mimir' },
    });
    expect(prometheus?.jsonData).toMatchObject({ alertmanagerUid: alertmanager?.uid, manageAlerts: true });
  });

  test('has the same one when another unit leads, whether the one that led is there or not', async () => {
    const application = new Application(grafana, ['grafana-source']).scale(3);
    await application.settle();
    const before = grafana.dataSources;
    for (const change of [
      () => application.lead(1),
      () => application.hold(0).lead(2),
      () => application.release(0),
    ]) {
      await change().settle();
      expect(grafana.dataSources).toEqual(before);
    }
    expect(before.map(({ name }) => name)).toEqual([one(NAME)]);
  });

  test('still has one when the unit is removed that it was told of', async () => {
    const application = new Application(grafana, ['grafana-source']).scale(2);
    await application.settle();
    await application.lead(1).remove(0).settle();
    expect(grafana.dataSources.map(({ name }) => name)).toEqual([library === 'v0' ? `${NAME}_1` : NAME]);
  });

  test('sends the tenant when there are tenants', async () => {
    await new Application(grafana, ['grafana-source', 'grafana-source-alertmanager'], {
      multitenancy: true,
    }).settle();
    expect(grafana.dataSources.map(headersOf)).toEqual([
      { 'X-Scope-OrgID': 'anonymous' },
      { 'X-Scope-OrgID': 'anonymous' },
    ]);
  });

  test('reads through the ingress where there is one', async () => {
    const ingress = relation('ingress', {
      id: 7,
      remoteApp: 'traefik-k8s',
      remoteAppData: { ingress: '{"url":"http://example.org/cos-mimir-k8s"}' },
    });
    await new Application(
      grafana,
      ['grafana-source', 'grafana-source-alertmanager'],
      {},
      {
        relations: [ingress],
      },
    ).settle();
    expect(grafana.dataSources.map(({ url }) => url)).toEqual([
      'http://example.org/cos-mimir-k8s/prometheus',
      'http://example.org/cos-mimir-k8s',
    ]);
  });

  test('opens the traces of exemplars in the Tempo that it has', async () => {
    const tempo = relation('send-datasource', {
      id: 9,
      remoteApp: 'tempo-k8s',
      remoteAppData: {
        datasources: JSON.stringify([
          { type: 'tempo', uid: 'juju_elsewhere_tempo_0', grafana_uid: 'juju_other' },
          { type: 'tempo', uid: 'juju_cos_tempo_0', grafana_uid: grafana.uid },
        ]),
      },
    });
    const more = { relations: [tempo] };
    await new Application(
      grafana,
      ['grafana-source'],
      { 'max-global-exemplars-per-user': 1000 },
      more,
    ).settle();
    expect(grafana.dataSources.map(({ jsonData }) => jsonData.exemplarTraceIdDestinations)).toEqual([
      [
        { datasourceUid: 'juju_cos_tempo_0', name: 'traceID' },
        { datasourceUid: 'juju_cos_tempo_0', name: 'trace_id' },
      ],
    ]);
    await new Application(grafana, ['grafana-source'], {}, more).settle();
    expect(grafana.dataSources[0]?.jsonData, 'exemplars are off').not.toHaveProperty(
      'exemplarTraceIdDestinations',
    );
  });
});
