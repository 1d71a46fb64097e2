/** What the tester makes of its receivers, before a real one is there. */
import {
  container,
  context,
  findContainer,
  findRelation,
  peerRelation,
  relation,
  state,
} from 'charmwright/testing';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { tester as charm } from '../charms/tester/charm/charm.ts';

const tester = context(charm);
const CONFIG = '/etc/prometheus/prometheus.yml';
const HA = '{"cluster_label":"cluster","replica_label":"__replica__"}';
const at = (url: string) => ({ remote_write: JSON.stringify({ url }) });

const rendered = z.object({
  remote_write: z.array(
    z.object({
      url: z.string(),
      write_relabel_configs: z.array(z.object({ target_label: z.string(), replacement: z.string() })),
    }),
  ),
});

function receiver(id: number, units: readonly string[], app: Readonly<Record<string, string>> = {}) {
  return relation('send-remote-write', {
    id,
    remoteApp: `mimir${id}`,
    remoteAppData: { event: '{}', ...app },
    remoteUnits: Object.fromEntries(units.map((url, i) => [i, at(url)])),
  });
}

function world(...relations: readonly ReturnType<typeof receiver>[]) {
  return state({
    leader: true,
    model: { name: 'cos', uuid: '20ce8299-3634-4bef-8bd8-5ace6c8816b4' },
    containers: [container('prometheus')],
    relations: [peerRelation('peers', { id: 1 }), ...relations],
  });
}

async function writes(...relations: readonly ReturnType<typeof receiver>[]) {
  const after = await tester.run({ kind: 'pebble-ready', container: 'prometheus' }, world(...relations));
  return rendered.parse(parse(String(findContainer(after, 'prometheus').files[CONFIG]))).remote_write;
}

describe('the tester', () => {
  test('writes to each distinct URL once, whatever the number of units that name it', async () => {
    const found = await writes(
      receiver(5, ['http://b/push', 'http://b/push']),
      receiver(6, ['http://a/push']),
    );
    expect(found.map(({ url }) => url)).toEqual(['http://a/push', 'http://b/push']);
  });

  test('says which unit sends, or which replica where the receiver tells replicas apart', async () => {
    const found = await writes(receiver(5, ['http://a/push']), receiver(6, ['http://b/push'], { ha: HA }));
    expect(found.map((each) => each.write_relabel_configs)).toEqual([
      [{ target_label: 'juju_unit', replacement: 'tester-k8s/0' }],
      [
        { target_label: 'cluster', replacement: 'cos_20ce8299_tester-k8s' },
        { target_label: '__replica__', replacement: 'tester-k8s/0' },
      ],
    ]);
  });

  test('sends rules about its own units as senders do, labelled and scoped', async () => {
    const after = await tester.run('config-changed', world(receiver(5, [])));
    const { alert_rules: rules = '' } = findRelation(after, 'send-remote-write').localAppData;
    expect(JSON.parse(rules)).toMatchObject({
      groups: [
        {
          name: 'cos_20ce8299_tester_k8s_AggregatorHostHealth_rules',
          rules: [
            {
              alert: 'HostMetricsMissing',
              expr: expect.stringContaining('juju_unit="tester-k8s/0"'),
              labels: { juju_charm: 'tester-k8s', juju_unit: 'tester-k8s/0' },
            },
            {
              alert: 'AggregatorMetricsMissing',
              expr: expect.stringContaining('juju_application="tester-k8s"'),
            },
          ],
        },
      ],
    });
  });

  test('names the relation whose data it cannot use, and what was wrong with its rules', async () => {
    const bad = relation('send-remote-write', {
      id: 5,
      remoteUnits: { 0: { remote_write: '{"url":"file:///etc/passwd"}' } },
    });
    const after = await tester.run('config-changed', world(bad));
    expect(after.unitStatus).toMatchObject({
      name: 'blocked',
      message: expect.stringContaining('send-remote-write:5'),
    });
    const refused = world(receiver(5, ['http://a/push'], { event: '{"errors":"no such function"}' }));
    expect((await tester.run('config-changed', refused)).unitStatus).toMatchObject({
      name: 'blocked',
      message: 'send-remote-write:5: no such function',
    });
  });
});
