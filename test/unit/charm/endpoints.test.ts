/** Relation lines of a bundle that was written for Canonical's coordinator charm work with this one. */
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';

/** Of mimir-coordinator-k8s: coordinator/charmcraft.yaml in canonical/mimir-operators. */
const REQUIRES = [
  ['s3', 's3', 1],
  ['ingress', 'ingress', 1],
  ['certificates', 'tls-certificates', 1],
  ['charm-tracing', 'tracing', 1],
  ['workload-tracing', 'tracing', 1],
  ['alertmanager', 'alertmanager_dispatch', undefined],
  ['logging-consumer', 'loki_push_api', undefined],
  ['catalogue', 'catalogue', undefined],
] as const;
const PROVIDES = [
  ['receive-remote-write', 'prometheus_remote_write', undefined],
  ['grafana-dashboards-provider', 'grafana_dashboard', undefined],
  ['grafana-source', 'grafana_datasource', undefined],
  ['self-metrics-endpoint', 'prometheus_scrape', undefined],
  ['send-datasource', 'grafana_datasource_exchange', undefined],
  ['prometheus-api', 'prometheus_api', undefined],
] as const;

const endpoints = z.record(
  z.string(),
  z.object({ interface: z.string(), limit: z.optional(z.number()), optional: z.optional(z.boolean()) }),
);
const metadata = z
  .object({ requires: endpoints, provides: endpoints })
  .parse(parse(await readFile('metadata.yaml', 'utf8')));

describe('an endpoint of the same name', () => {
  test.each(REQUIRES)('%s requires %s', (name, spoken, limit) => {
    expect(metadata.requires[name]).toMatchObject({ interface: spoken, optional: true });
    expect(metadata.requires[name]?.limit).toBe(limit);
  });

  test.each(PROVIDES)('%s provides %s', (name, spoken, limit) => {
    expect(metadata.provides[name]).toMatchObject({ interface: spoken, optional: true });
    expect(metadata.provides[name]?.limit).toBe(limit);
  });
});

test('no endpoint keeps this charm from being deployed alone', () => {
  const needed = Object.entries({ ...metadata.requires, ...metadata.provides }).filter(
    ([, { optional }]) => optional !== true,
  );
  expect(needed).toEqual([]);
});
