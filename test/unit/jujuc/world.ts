/** A unit of a small charm, and a hook of it whose tools the tests call. */
import { type HookScope, HookSession, type Immediate, loadCharmSpec, type UnitView } from 'charmwright/juju';

export const spec = loadCharmSpec({
  metadata: `
name: web
containers: { web: {} }
peers: { peers: { interface: web_peers } }
requires: { db: { interface: db }, cache: { interface: cache } }
storage: { data: { type: filesystem } }
resources: { web-image: { type: oci-image } }
extra-bindings: { admin: null }
`,
  config:
    'options: { port: { type: int, default: 80 }, motd: { type: string }, debug: { type: boolean, default: false } }',
  actions: 'greet: { params: { name: { type: string } } }',
});

const PLAIN_RELATION = {
  entered: true,
  broken: false,
  members: [],
  ownUnit: {},
  ownApp: {},
  remoteAppData: {},
  remoteUnits: {},
} as const;

export const peers: UnitView['relations'][number] = {
  ...PLAIN_RELATION,
  id: 0,
  endpoint: 'peers',
  remoteApp: 'web',
  members: ['web/1'],
  ownApp: { token: 'shared' },
  remoteUnits: { 'web/1': { ready: 'yes' } },
};

export const db: UnitView['relations'][number] = {
  ...PLAIN_RELATION,
  id: 4,
  endpoint: 'db',
  remoteApp: 'pg',
  remoteEndpoint: 'database',
  members: ['pg/10', 'pg/2'],
  ownUnit: { 'ingress-address': '10.1.0.5' },
  ownApp: { database: 'web' },
  remoteAppData: { endpoint: 'pg:5432' },
  remoteUnits: { 'pg/2': { role: 'standby' }, 'pg/10': { role: 'primary' }, 'pg/9': { role: 'gone' } },
};

export function view(changes: Partial<UnitView> = {}): UnitView {
  return {
    model: { name: 'm', uuid: '8f5b2e0e-0000-4000-8000-000000000001' },
    unit: 'web/0',
    app: 'web',
    spec,
    leader: true,
    config: { port: 80, debug: false },
    relations: [peers, db],
    secrets: [],
    storages: [{ id: 'data/0', kind: 'filesystem', location: '/data' }],
    ports: ['80/tcp'],
    state: { colour: 'red' },
    unitStatus: { status: 'active', message: 'fine' },
    appStatus: { status: 'active', message: '' },
    unitStatuses: {
      'web/0': { status: 'active', message: 'fine' },
      'web/1': { status: 'waiting', message: 'for db' },
    },
    networks: {
      '': {
        bindAddresses: [
          { interfaceName: 'eth0', addresses: [{ hostname: '', value: '10.1.0.5', cidr: '10.1.0.0/16' }] },
        ],
        egressSubnets: ['10.1.0.5/32'],
        ingressAddresses: ['10.1.0.5'],
      },
    },
    resources: { 'web-image': '/charm/resources/web-image/content.yaml' },
    goal: {
      units: { 'web/0': { status: 'active', since: '2026-01-02 03:04:05Z' } },
      relations: { db: { pg: { status: 'joined', since: '2026-01-02 03:04:05Z' } } },
    },
    ...changes,
  };
}

export const IDS = ['c0000000000000000001', 'c0000000000000000002', 'c0000000000000000003'] as const;

/** A hook whose tools are called as a shell would: `hook.json('config-get', 'port')`. */
export function hook(
  changes: Partial<UnitView> = {},
  scope: HookScope = { hook: 'config-changed' },
  dir = '/',
) {
  const effects: Immediate[] = [];
  const ids = [...IDS];
  const session = new HookSession(view(changes), scope, {
    apply: (effect) => effects.push(effect),
    newSecretId: () => ids.shift() ?? 'no more ids',
    now: () => new Date('2026-01-01T00:00:00Z'),
  });
  const call = (tool: string, args: readonly string[], stdin?: string) =>
    session.answer({ tool, args, dir, ...(stdin === undefined ? {} : { stdin }) });
  const ran = (tool: string, args: readonly string[], stdin?: string): string => {
    const { code, stdout, stderr } = call(tool, args, stdin);
    return code === 0 ? stdout : `[${code}] ${stderr.trimEnd()}`;
  };
  return {
    effects,
    call,
    /** What it printed, or `[exit code] stderr`. */
    run: (tool: string, ...args: readonly string[]): string => ran(tool, args),
    withStdin: (stdin: string, tool: string, ...args: readonly string[]): string => ran(tool, args, stdin),
    json: (tool: string, ...args: readonly string[]): unknown =>
      JSON.parse(ran(tool, ['--format=json', ...args])),
    pending: () => session.pending(),
  };
}
