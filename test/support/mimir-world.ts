/** The world of a Mimir unit, for whole hooks in process. */
import {
  activeOnly,
  container,
  context,
  exec,
  findContainer,
  network,
  peerRelation,
  relation,
  type State,
  type StateInput,
  secret,
  state,
} from 'charmwright/testing';
import { parse } from 'yaml';
import { mimir as charm } from '../../charm/charm.ts';
import { GATEWAY_TRIAL_DIR } from '../../charm/plan/gateway-parts.ts';
import { CAN_FINISH, nginxCommand } from '../../charm/plan/nginx-process.ts';
import { CONFIG_FILE, HTTP_PORT } from '../../charm/plan/paths.ts';

export const mimir = context(charm);

export const MODEL = { name: 'cos', uuid: '20ce8299-3634-4bef-8bd8-5ace6c8816b4' };

/** A container of the upstream image: one binary, which here accepts any configuration. */
export function image(input: Parameters<typeof container>[1] = {}) {
  return container('mimir', { execs: [exec(['/bin/mimir', '-modules'])], ...input });
}

/** The gateway's container: its nginx takes what it is given, unless a test says otherwise. */
export function gateway(input: Parameters<typeof container>[1] = {}) {
  return container('gateway', {
    execs: [exec(nginxCommand(GATEWAY_TRIAL_DIR, '-t')), exec(CAN_FINISH)],
    ...input,
  });
}

/** A leading unit, alone, related to nobody but its peers; its Mimir would answer at `address`. */
export function world(address: string, input: StateInput = {}) {
  return state({
    leader: true,
    model: MODEL,
    networks: { '': network(address) },
    containers: [image()],
    relations: [peerRelation('mimir-peers', { id: 1 })],
    ...input,
  });
}

/** What Mimir reads when it starts. */
export function configOf(state: State): Readonly<Record<string, unknown>> {
  return parse(String(findContainer(state, 'mimir').files[CONFIG_FILE]));
}

export const KEYS = { 'access-key': 'the-access-key', 'secret-key': 'the-secret-key' };
/** A bucket at the address of a test's own FakeMimir. */
export function bucketAt(host: string) {
  return { bucket: 'cos-mimir-k8s', endpoint: `http://${host}:${HTTP_PORT}` };
}

/** A provider that puts the keys into a Juju secret, as minio-k8s does. */
export const S3_SECRET = secret({ id: 'h6c4vml77bjnv6m0gp83', content: KEYS });

export function s3(host: string, remoteAppData: Readonly<Record<string, string>> = {}) {
  return relation('s3', {
    id: 4,
    remoteApp: 'minio-k8s',
    remoteAppData: {
      ...bucketAt(host),
      'secret-extra': `secret:${S3_SECRET.id}`,
      version: '1',
      ...remoteAppData,
    },
  });
}

/** For `ignore` of an exploration: how often a pod was replaced is counted for the leader, whatever else is the same. */
export function activeUncounted(state: State): State {
  const { stored, relations, ...rest } = activeOnly(state);
  return {
    ...rest,
    stored: uncounted(stored),
    relations: relations.map((each) => ({ ...each, localUnitData: uncounted(each.localUnitData) })),
  };
}

function uncounted<T>(record: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(record).filter(([key]) => key !== 'replaced'));
}
