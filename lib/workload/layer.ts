/** The layer of a workload, and what the plan makes of it. */
import { type LayerDifference, layerDifference, layerYaml, type Plan } from '../pebble/layer.ts';
import type { Pebble } from '../pebble/pebble.ts';
import { parsePlan } from '../pebble/plan.ts';
import type { Doing } from './outcome.ts';
import type { WorkloadRecord } from './record.ts';
import { digestOf, type Retired, type Workload, wantedLayer } from './wanted.ts';

/** The workload in the plan. */
export interface Applied {
  /** Of the layer and the plan that has it: equal when both are. */
  readonly plan: string;
  /** By service of the workload: of its entry in the plan, and so of the files that it reads. */
  readonly digests: Readonly<Record<string, string>>;
  /** Services of the workload that shall run. */
  readonly enabled: readonly string[];
  readonly retired: Retired;
}

/** Adds the layer when the plan does not have it. A plan as it was left is not even read: to read YAML takes 20 ms. */
export async function applyLayer(
  pebble: Pebble,
  workload: Workload,
  record: WorkloadRecord | undefined,
  planYaml: string,
  done: Doing,
): Promise<Applied> {
  const known = retiredBy(workload, record);
  const lastLayer = wantedLayer(workload, known);
  if (record !== undefined && record.plan === digestOf(layerYaml(lastLayer), planYaml)) {
    const digests = { ...record.services, ...record.restarting?.services };
    return { plan: record.plan, digests: sorted(digests), enabled: record.enabled, retired: known };
  }
  let [text, plan] = [planYaml, await parsePlan(planYaml)];
  const retired = presentIn(plan, known);
  const layer = wantedLayer(workload, retired);
  if (!isEmpty(layerDifference(layer, plan))) {
    await pebble.addLayer(workload.label, layer, { combine: true });
    done.layer = true;
    text = await pebble.planYaml();
    plan = await parsePlan(text);
  }
  const names = Object.keys(workload.services ?? {});
  return {
    plan: digestOf(layerYaml(layer), text),
    digests: sorted(
      Object.fromEntries(names.map((name) => [name, digestOf(JSON.stringify(plan.services[name] ?? null))])),
    ),
    enabled: names.filter((name) => plan.services[name]?.startup === 'enabled'),
    retired,
  };
}

/** What earlier workloads of this label had and this one has not. */
function retiredBy(workload: Workload, record: WorkloadRecord | undefined): Retired {
  const { services = {}, checks = {}, logTargets = {} } = workload;
  if (record === undefined) return { services: [], checks: [], 'log-targets': [] };
  const { retired, restarting } = record;
  const without = (wanted: object, ...names: readonly (readonly string[])[]) =>
    [...new Set(names.flat())].filter((name) => !Object.hasOwn(wanted, name));
  return {
    services: without(
      services,
      retired.services,
      Object.keys(record.services),
      Object.keys(restarting?.services ?? {}),
    ),
    checks: without(checks, retired.checks, record.checks),
    'log-targets': without(logTargets, retired['log-targets'], record['log-targets']),
  };
}

/** A Pebble that was started anew has forgotten them already. */
function presentIn(plan: Plan, { services, checks, 'log-targets': targets }: Retired): Retired {
  const within = (names: readonly string[], section: object) =>
    names.filter((name) => Object.hasOwn(section, name));
  return {
    services: within(services, plan.services),
    checks: within(checks, plan.checks),
    'log-targets': within(targets, plan['log-targets']),
  };
}

/** So that equal records are equal texts. */
function sorted(digests: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(digests).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function isEmpty({ services, checks, 'log-targets': targets }: LayerDifference): boolean {
  return services.length + checks.length + targets.length === 0;
}
