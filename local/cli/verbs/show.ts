/** show-unit and show-application. */
import type { ApplicationStatus } from '../../api.ts';
import type { RunVerb } from '../call.ts';
import { CliError, UsageError } from '../errors.ts';
import { formatStructured } from '../format/structured.ts';
import type { showApplication as applicationSpec, showUnit as unitSpec } from '../table/observation.ts';
import { checkApplication, checkUnit, isMap } from './arguments.ts';

export const showUnit: RunVerb<typeof unitSpec> = async ({ args, flags, terminal, model }) => {
  if (args.length === 0) throw new UsageError('an unit name must be supplied');
  const units = args.map(checkUnit);
  const answer = await (await model()).call('show-unit', { units });
  const filter: RelationFilter = {
    endpoint: flags.endpoint,
    relatedUnit: flags['related-unit'],
    applicationOnly: flags.app,
  };
  const shown = Object.entries(answer).map(([name, unit]) => [name, filterRelations(unit, filter)]);
  terminal.out(formatStructured(Object.fromEntries(shown), flags.format));
  return undefined;
};

interface RelationFilter {
  readonly endpoint: string | undefined;
  readonly relatedUnit: string | undefined;
  readonly applicationOnly: boolean;
}

function filterRelations(unit: Record<string, unknown>, filter: RelationFilter): Record<string, unknown> {
  const relations = unit['relation-info'];
  if (!Array.isArray(relations)) return unit;
  const kept = relations
    .filter(isMap)
    .filter((relation) => filter.endpoint === undefined || relation.endpoint === filter.endpoint)
    .map((relation) => filterUnits(relation, filter));
  return { ...unit, 'relation-info': kept };
}

function filterUnits(
  relation: Record<string, unknown>,
  { relatedUnit, applicationOnly }: RelationFilter,
): Record<string, unknown> {
  const { 'related-units': units, 'local-unit': local, ...rest } = relation;
  if (applicationOnly) return rest;
  const own = local === undefined ? {} : { 'local-unit': local };
  if (!isMap(units)) return { ...rest, ...own };
  const kept = Object.entries(units).filter(([name]) => relatedUnit === undefined || name === relatedUnit);
  return { ...rest, ...own, 'related-units': Object.fromEntries(kept) };
}

export const showApplication: RunVerb<typeof applicationSpec> = async ({ args, flags, terminal, model }) => {
  if (args.length === 0) throw new UsageError('an application name must be supplied');
  const names = args.map(checkApplication);
  const { applications } = await (await model()).call('status', {});
  const shown = names.map((name) => {
    const application = applications[name];
    if (application === undefined) throw new CliError(`application "${name}" not found`);
    return [name, applicationValue(application)];
  });
  terminal.out(formatStructured(Object.fromEntries(shown), flags.format));
  return undefined;
};

function applicationValue(application: ApplicationStatus): Record<string, unknown> {
  const { base, exposed, life } = application;
  return {
    charm: application['charm-name'],
    base: `${base.name}@${base.channel}`,
    constraints: { arch: process.arch === 'arm64' ? 'arm64' : 'amd64' },
    principal: true,
    exposed,
    remote: false,
    life: life === undefined || life === '' ? 'alive' : life,
    'endpoint-bindings': application['endpoint-bindings'] ?? {},
  };
}
