/** Which values of a unit's state are nobody else's to read, and the state without them. */
import type { Plan } from '../pebble/layer.ts';
import type { SnapshotState } from './format.ts';
import { Mask } from './mask.ts';

/** The framework's own record of the databags it wrote, in digests; a long one goes on in `charmwright.relations.1`. */
const LEDGER = 'charmwright.relations';

export function maskState(state: SnapshotState): {
  readonly state: SnapshotState;
  readonly masked: Readonly<Record<string, string>>;
} {
  const mask = new Mask();
  for (const { id, label, revisions } of state.secrets)
    for (const { content } of revisions)
      for (const [key, value] of Object.entries(content))
        mask.hide(value, `${label ?? id}-${key}`, `secret ${label ?? id}, ${key}`);
  mask.learn('', state.config, 'config');
  mask.learn('', state.charmState, 'charm state');
  for (const relation of state.relations) {
    const where = `relation ${relation.endpoint}:${relation.id}`;
    const { localAppData, localUnitData, remoteAppData, remoteUnits } = relation;
    for (const bag of [localAppData, localUnitData, remoteAppData, remoteUnits]) mask.learn('', bag, where);
  }
  for (const [name, { plan, files, notices }] of Object.entries(state.containers)) {
    mask.learn('', plan, `plan of container ${name}`);
    for (const { lastData } of notices) mask.learn('', lastData, `notices of container ${name}`);
    for (const [path, { text }] of Object.entries(files))
      if (text !== undefined) mask.learnFile(path, text, `${name}:${path}`);
  }
  for (const [key, value] of Object.entries(state.cloud?.credential?.attrs ?? {}))
    mask.hide(value, `cloud-${key}`, `cloud credential, ${key}`);
  return { state: withoutStaleLedger(state, applied(mask, state)), masked: mask.masked };
}

/** Only where free text stands: the names of units, endpoints and services must stay what they are. */
function applied(mask: Mask, state: SnapshotState): SnapshotState {
  const { cloud } = state;
  return {
    ...state,
    config: mask.apply(state.config),
    charmState: mask.apply(state.charmState),
    relations: state.relations.map((relation) => ({
      ...relation,
      localAppData: mask.apply(relation.localAppData),
      localUnitData: mask.apply(relation.localUnitData),
      remoteAppData: mask.apply(relation.remoteAppData),
      remoteUnits: mask.apply(relation.remoteUnits),
    })),
    secrets: state.secrets.map((secret) => ({ ...secret, revisions: mask.apply(secret.revisions) })),
    containers: Object.fromEntries(
      Object.entries(state.containers).map(([name, { plan, files, notices, ...container }]) => {
        const seen = { plan: appliedPlan(mask, plan), files: mask.apply(files) };
        const told = notices.map((notice) => ({ ...notice, lastData: mask.apply(notice.lastData) }));
        return [name, { ...container, ...seen, notices: told }] as const;
      }),
    ),
    ...(cloud?.credential === undefined
      ? {}
      : {
          cloud: { ...cloud, credential: { ...cloud.credential, attrs: mask.apply(cloud.credential.attrs) } },
        }),
  };
}

/** Commands, environments and addresses, of services, checks and log targets. */
function appliedPlan(mask: Mask, plan: Plan): Plan {
  const hidden = <T extends object, K extends keyof T>(
    entries: Readonly<Record<string, T>>,
    keys: readonly K[],
  ) =>
    Object.fromEntries(
      Object.entries(entries).map(([name, entry]) => [name, masked(mask, entry, keys)] as const),
    );
  return {
    services: hidden(plan.services, ['command', 'environment']),
    checks: hidden(plan.checks, ['http', 'exec']),
    'log-targets': hidden(plan['log-targets'], ['location', 'labels']),
  };
}

/** The entry with these of its fields masked. */
function masked<T extends object, K extends keyof T>(mask: Mask, entry: T, keys: readonly K[]): T {
  const result = { ...entry };
  for (const key of keys) if (Object.hasOwn(entry, key)) result[key] = mask.apply(entry[key]);
  return result;
}

/** Digests of what is now masked would tell the charm that somebody else changed its databags: it asks Juju instead. */
function withoutStaleLedger(before: SnapshotState, after: SnapshotState): SnapshotState {
  const own = ({ relations }: SnapshotState) =>
    JSON.stringify(relations.map(({ localAppData, localUnitData }) => [localAppData, localUnitData]));
  if (own(before) === own(after)) return after;
  const others = Object.entries(after.charmState).filter(
    ([key]) => key !== LEDGER && !key.startsWith(`${LEDGER}.`),
  );
  return { ...after, charmState: Object.fromEntries(others) };
}
