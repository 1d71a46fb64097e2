/** Interface `prometheus_scrape`, provider: where our metrics are, and rules about them. */
import { type Bag, parseJson, stableJson } from 'charmwright';
import * as z from 'zod/mini';
import type { JujuTopology } from './juju-topology.ts';

const texts = z.record(z.string(), z.string());
const rule = z.object({
  alert: z.optional(z.string()),
  record: z.optional(z.string()),
  expr: z.string(),
  for: z.optional(z.string()),
  labels: z.optional(texts),
  annotations: z.optional(texts),
});
const ruleGroup = z.object({ name: z.string(), rules: z.array(rule) });
/** Of what Prometheus knows only that much; readers drop other keys without a word. */
const job = z.object({
  job_name: z.optional(z.string()),
  metrics_path: z.string(),
  scheme: z.enum(['http', 'https']),
  static_configs: z.array(z.object({ targets: z.array(z.string()) })),
});
const metadata = z.object({
  model: z.string(),
  model_uuid: z.string(),
  application: z.string(),
  unit: z.string(),
  charm_name: z.string(),
});

/** Our application's databag, each key by itself. */
export const scrapeSchemas = {
  scrape_metadata: metadata,
  scrape_jobs: z.array(job),
  alert_rules: z.object({ groups: z.array(ruleGroup) }),
} as const;

export type RuleGroup = z.output<typeof ruleGroup>;
export type ScrapeJob = z.output<typeof job>;

export interface ScrapeWords {
  readonly topology: JujuTopology;
  /** Whoever writes it: readers want to know. */
  readonly unit: string;
  readonly jobs: readonly ScrapeJob[];
  readonly groups: readonly RuleGroup[];
}

/** Our application's databag. A target that begins with `*` stands for every unit's address. */
export function scrapeApp({ topology, unit, jobs, groups }: ScrapeWords): Bag {
  const { model, modelUuid, application, charm } = topology;
  return {
    scrape_metadata: stableJson({ model, model_uuid: modelUuid, application, unit, charm_name: charm }),
    scrape_jobs: stableJson(jobs),
    alert_rules: stableJson({ groups }),
  };
}

/** A unit's databag: bare texts. A unit without an address is not scraped. */
export function scrapeUnit(unit: string, address: string, fqdn: string): Bag {
  return {
    prometheus_scrape_unit_address: address,
    prometheus_scrape_unit_fqdn: fqdn,
    prometheus_scrape_unit_name: unit,
  };
}

const said = z.catch(z.union([z.string(), z.array(z.unknown())]), '');
const event = z.object({ errors: said, scrape_job_errors: said });

/** What the scraper could not use, in words; empty for whatever else it says. */
export function readScrapeErrors(scraperApp: Bag): readonly string[] {
  const parsed = event.safeParse(parseJson(scraperApp.event ?? ''));
  if (!parsed.success) return [];
  const { errors, scrape_job_errors: jobs } = parsed.data;
  return [...told('rules', errors), ...told('scrape jobs', jobs)];
}

function told(what: string, value: string | readonly unknown[]): readonly string[] {
  if (value.length === 0) return [];
  return [`${what}: ${typeof value === 'string' ? value : JSON.stringify(value)}`];
}
