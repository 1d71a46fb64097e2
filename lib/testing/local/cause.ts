/** Makes the event of a test happen in a local model, unless what was done to the model has caused it already. */
import type { JujuEvent } from '../../events/event.ts';
import { hookEnvironment } from '../../jujuc/index.ts';
import type { State } from '../state.ts';
import type { Done, Place } from './realise.ts';

/** `isFresh`: the unit has just been made, with all the hooks of its beginning. */
export async function cause(
  place: Place,
  unit: string,
  charm: string,
  event: JujuEvent,
  state: State,
  done: Done,
  isFresh: boolean,
): Promise<void> {
  const { model, app } = place;
  if (isFresh && isOfTheBeginning(event)) return;
  if (event.kind === 'config-changed' && done.config) return;
  if (event.kind === 'secret-changed' && done.secrets) return;
  switch (event.kind) {
    case 'upgrade-charm':
      await model.do('refresh', app, '--path', charm);
      break;
    case 'relation-created':
    case 'relation-joined':
    case 'relation-changed':
      if (done.relations.has(event.relationId)) return;
      await dispatch(place, unit, event, state);
      break;
    case 'relation-broken':
      await model.do('remove-relation', `${app}:${event.endpoint}`, `${event.remoteApp}:${event.endpoint}`);
      break;
    case 'relation-departed': {
      const relation = state.relations.find(({ id }) => id === event.relationId);
      const count = Object.keys(relation?.remoteUnits ?? {}).length;
      await model.do('scale-application', event.remoteApp, String(count - 1));
      break;
    }
    case 'pebble-ready':
      await model.do('kill-container', unit, event.container);
      break;
    case 'pebble-custom-notice': {
      const data =
        state.containers[event.container]?.notices.find(({ id }) => id === event.notice.id)?.lastData ?? {};
      const pairs = Object.entries(data).map(
        ([key, value]) => `'${`${key}=${value}`.replaceAll("'", `'\\''`)}'`,
      );
      const socket = `/charm/containers/${event.container}/pebble.socket`;
      await model.exec(
        unit,
        [`PEBBLE_SOCKET=${socket} /charm/bin/pebble notify ${event.notice.key}`, ...pairs].join(' '),
      );
      break;
    }
    default:
      await dispatch(place, unit, event, state);
  }
  await model.settle();
}

/** Hooks that a new unit has had when it comes to rest, those of its relations among them. */
function isOfTheBeginning(event: JujuEvent): boolean {
  switch (event.kind) {
    case 'install':
    case 'start':
    case 'config-changed':
    case 'leader-elected':
    case 'leader-settings-changed':
    case 'pebble-ready':
    case 'storage-attached':
    case 'relation-created':
    case 'relation-joined':
    case 'relation-changed':
      return true;
    default:
      return false;
  }
}

/** What has no cause that could be brought about: the charm is dispatched with the event's environment, as Juju does. */
async function dispatch({ model, app }: Place, unit: string, event: JujuEvent, state: State): Promise<void> {
  const env = hookEnvironment({
    cause: event,
    unit,
    model: state.model,
    charmDir: '',
    jujuVersion: '',
    nonce: '',
    path: '',
    agentSocket: '',
  });
  const own =
    /^JUJU_(DISPATCH_PATH|HOOK_NAME|RELATION|RELATION_ID|REMOTE_APP|REMOTE_UNIT|DEPARTING_UNIT|SECRET_.*|STORAGE_.*|WORKLOAD_NAME)$/;
  const live = async () =>
    (await model.exec(unit, `relation-ids ${'endpoint' in event ? event.endpoint : app}`)).trim();
  const relationId = 'relationId' in event ? { JUJU_RELATION_ID: await live() } : {};
  const words = Object.entries({ ...env, ...relationId })
    .filter(([name]) => own.test(name))
    .map(([name, value]) => `${name}='${value}'`);
  await model.exec(unit, [...words, './dispatch'].join(' '));
}
