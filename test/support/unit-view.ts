import type { CharmSpec, UnitView } from 'charmwright/juju';

/** What a unit sees whose charm has just been deployed, with nothing around it. */
export function quietUnit(spec: CharmSpec, parts: Partial<UnitView> = {}): UnitView {
  const app = spec.name;
  const unit = `${app}/0`;
  const status = { status: 'active', message: '' } as const;
  const defaults = Object.entries(spec.config).flatMap(([name, option]) =>
    option.default === undefined ? [] : [[name, option.default] as const],
  );
  return {
    model: { name: 'demo', uuid: '5a4f2a56-6a5b-4a9e-8f0e-2f3b1c9d7e10' },
    unit,
    app,
    spec,
    leader: true,
    config: Object.fromEntries(defaults),
    relations: [],
    secrets: [],
    storages: [],
    ports: [],
    state: {},
    unitStatus: status,
    appStatus: status,
    unitStatuses: { [unit]: status },
    networks: {},
    resources: {},
    goal: { units: { [unit]: { status: 'active', since: '2026-01-01 00:00:00Z' } }, relations: {} },
    ...parts,
  };
}
