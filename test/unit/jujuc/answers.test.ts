/** One row: what is called, what is printed (or exit code and error), and why the row is here. */

import type { HookScope } from 'charmwright/juju';
import { describe, expect, test } from 'vitest';
import { db, hook, peers } from './world.ts';

type Row = readonly [call: string, answer: string];

const inDbHook: HookScope = {
  hook: 'db-relation-changed',
  relation: { endpoint: 'db', id: 4, remoteApp: 'pg', remoteUnit: 'pg/10' },
};
const inDbAppHook: HookScope = {
  hook: 'db-relation-changed',
  relation: { endpoint: 'db', id: 4, remoteApp: 'pg' },
};
const inAction: HookScope = {
  hook: '',
  action: { name: 'greet', params: { name: 'Ann', deep: { er: [1, 2] } } },
};

function rows(title: string, table: readonly Row[], run: () => ReturnType<typeof hook>): void {
  describe(title, () => {
    test.each(table)('%s -> %s', (call, answer) => {
      const [tool = '', ...args] = call.split(' ');
      expect(run().run(tool, ...args)).toBe(answer);
    });
  });
}

const bare = () => hook();
const follower = () => hook({ leader: false });

rows(
  'flags are read as gnuflag reads them',
  [
    ['relation-ids db --format=json', '["db:4"]\n'],
    ['relation-ids --format json db', '["db:4"]\n'],
    ['relation-list --app=true -r4', 'pg\n'],
    ['relation-list --app=0 -r=4', 'pg/10\npg/2\n'],
    ['relation-list -r nonsense:4 --app', 'pg\n'],
    ['relation-get -r 4 -- - pg/2', 'role: standby\n'],
    ['config-get --nope', '[2] ERROR option provided but not defined: --nope'],
    ['config-get -x', '[2] ERROR option provided but not defined: -x'],
    ['config-get --format', '[2] ERROR option needs an argument: --format'],
    ['config-get --format=xml', '[2] ERROR invalid value "xml" for option --format: unknown format "xml"'],
    [
      'secret-get --label x --format smart',
      '[2] ERROR invalid value "smart" for option --format: unknown format "smart"',
    ],
    ['relation-list -r 99', '[2] ERROR invalid value "99" for option -r: relation not found'],
    [
      'relation-list --relation db:99',
      '[2] ERROR invalid value "db:99" for option --relation: relation not found',
    ],
    ['relation-list -r db', '[2] ERROR invalid value "db" for option -r: invalid relation id'],
    ['is-leader --format=json extra', '[2] ERROR unrecognized args: ["extra"]'],
    ['no-such-tool', '[1] ERROR unknown command "no-such-tool"'],
    ['constructor', '[1] ERROR unknown command "constructor"'],
  ],
  bare,
);

rows(
  'printed forms',
  [
    ['is-leader', 'True\n'],
    ['is-leader --format=yaml', 'true\n'],
    ['config-get', 'debug: false\nport: 80\n'],
    ['config-get --format=json', '{"debug":false,"port":80}\n'],
    ['config-get motd', ''],
    ['config-get motd --format=json', 'null\n'],
    ['config-get constructor --format=json', 'null\n'],
    ['config-get --all --format=json', '{"debug":false,"motd":null,"port":80}\n'],
    ['config-get port --all', '[2] ERROR cannot use argument --all together with key "port"'],
    ['storage-list nothing', ''],
    ['storage-list nothing --format=json', '[]\n'],
    ['storage-list', 'data/0\n'],
    ['resource-get web-image', '/charm/resources/web-image/content.yaml'],
  ],
  bare,
);

rows(
  'outside relation hooks a relation must be named',
  [
    ['relation-ids', '[2] ERROR no endpoint name specified'],
    ['relation-ids peers', 'peers:0\n'],
    ['relation-ids unheard-of --format=json', '[]\n'],
    ['relation-list', '[2] ERROR no relation id specified'],
    ['relation-get', '[2] ERROR no relation id specified'],
    ['relation-get -r 4', '[2] ERROR no unit or application specified'],
    ['relation-get -r 4 - pg', '[2] ERROR expected unit name, got application name "pg"'],
    ['relation-get -r 4 --app - pg', 'endpoint: pg:5432\n'],
    ['relation-get -r 4 --app endpoint pg/2', 'pg:5432\n'],
    ['relation-get -r 4 role pg/9', 'gone\n'],
    ['relation-get -r 4 nothing pg/2 --format=json', 'null\n'],
    ['relation-get -r 4 toString pg/2 --format=json', 'null\n'],
    ['relation-get -r 4 - web/0', 'ingress-address: 10.1.0.5\n'],
    ['relation-get -r 4 - web/1', '[1] ERROR permission denied'],
    ['relation-get -r 0 ready web/1', 'yes\n'],
    ['relation-get -r 4 --app - other', '[1] ERROR permission denied'],
    ['relation-get -r 4 --app - web', 'database: web\n'],
    ['relation-set x=1', '[2] ERROR no relation id specified'],
    ['relation-set -r 4 x', '[2] ERROR expected "key=value", got "x"'],
    ['relation-set -r 4 x=1 x=2', '[2] ERROR key "x" specified more than once'],
    ['relation-set -r 4 --file /no/such/file', '[1] ERROR open /no/such/file: no such file or directory'],
    ['relation-model-get -r 4 --format=json', '{"uuid":"8f5b2e0e-0000-4000-8000-000000000001"}\n'],
  ],
  bare,
);

rows(
  'a follower sees its own application only among peers',
  [
    ['relation-get -r 4 --app - web', '[1] ERROR permission denied'],
    ['relation-get -r 0 --app - web', 'token: shared\n'],
    ['relation-set -r 4 --app x=1', '[1] ERROR cannot write relation settings'],
    ['relation-set -r 4 x=1', ''],
    ['is-leader --format=json', 'false\n'],
    ['status-set --application active', '[1] ERROR this unit is not the leader'],
    ['status-get --application', '[1] ERROR finding application status: this unit is not the leader'],
    ['secret-add token=abc', '[1] ERROR this unit is not the leader'],
    ['secret-add --owner unit token=abc', 'secret:c0000000000000000001\n'],
  ],
  follower,
);

rows(
  'in a relation hook the other side is meant',
  [
    ['relation-ids', 'db:4\n'],
    ['relation-list --format=json', '["pg/10","pg/2"]\n'],
    ['relation-get', 'role: primary\n'],
    ['relation-get role', 'primary\n'],
    ['relation-get --app', 'endpoint: pg:5432\n'],
    ['relation-get -r 0 - web/1', 'ready: "yes"\n'],
  ],
  () => hook({}, inDbHook),
);

test('in a hook for an application the application is meant', () => {
  expect(hook({}, inDbAppHook).json('relation-get')).toEqual({ endpoint: 'pg:5432' });
});

test('a broken relation is not listed, but its data can still be read by id', () => {
  const going = hook({ relations: [peers, { ...db, broken: true, members: [] }] }, inDbAppHook);
  expect(going.json('relation-ids', 'db')).toEqual([]);
  expect(going.json('relation-list', '-r', '4')).toEqual([]);
  expect(going.json('relation-get', '-r', '4', '--app', '-', 'pg')).toEqual({ endpoint: 'pg:5432' });
});

test('before this unit has entered a relation, the relation is listed and its data are refused', () => {
  const early = hook({ relations: [{ ...peers, entered: false }] }, { hook: 'install' });
  expect(early.json('relation-ids', 'peers')).toEqual(['peers:0']);
  expect(early.run('relation-get', '-r', '0', '-', 'web/0')).toBe('[1] ERROR permission denied');
  expect(early.run('relation-set', '-r', '0', 'a=b')).toContain('permission denied');
});

rows(
  'statuses',
  [
    ['status-get', 'active\n'],
    ['status-get --format=json', '{"status":"active"}\n'],
    ['status-get --include-data --format=json', '{"message":"fine","status":"active","status-data":{}}\n'],
    [
      'status-get --application --format=json',
      '{"application-status":{"status":"active","units":{"web/0":{"status":"active"},"web/1":{"status":"waiting"}}}}\n',
    ],
    ['status-set', '[2] ERROR invalid args, require <status> [message]'],
    [
      'status-set unknown',
      '[2] ERROR invalid status "unknown", expected one of [maintenance blocked waiting active]',
    ],
    ['status-set active one two', '[2] ERROR unrecognized args: ["two"]'],
    ['status-set --application=false active', ''],
  ],
  bare,
);

rows(
  'ports',
  [
    ['opened-ports', '80/tcp\n'],
    ['opened-ports --endpoints --format=json', '["80/tcp (*)"]\n'],
    ['open-port', '[2] ERROR no port or range specified'],
    [
      'open-port 80-90',
      '[1] ERROR port ranges are not supported for k8s applications, please specify a single port',
    ],
    ['open-port x', '[2] ERROR invalid port "x": strconv.Atoi: parsing "x": invalid syntax'],
    ['open-port 80/tcp/x', '[2] ERROR invalid port range "80/tcp/x"'],
    ['open-port 80/sctp', '[2] ERROR invalid protocol "sctp", expected "tcp", "udp", or "icmp"'],
    ['open-port 70000', '[2] ERROR port range bounds must be between 0 and 65535, got 70000-70000'],
    ['open-port 8/icmp', `[2] ERROR protocol "icmp" doesn't support any ports; got "8"`],
    ['open-port 80/TCP', ''],
  ],
  bare,
);

rows(
  'storage',
  [
    ['storage-get', '[2] ERROR no storage instance specified'],
    ['storage-get -s data/0 --format=json', '{"kind":"filesystem","location":"/data"}\n'],
    ['storage-get -s data/0 location', '/data\n'],
    ['storage-get -s data/0 colour', '[1] ERROR invalid storage attribute "colour"'],
    ['storage-get -s data', '[2] ERROR invalid value "data" for option -s: invalid storage ID "data"'],
    ['storage-add', '[2] ERROR storage add requires a storage directive'],
    ['storage-add data=1G', '[2] ERROR only count can be specified for "data"'],
    ['storage-add cellar', '[1] ERROR charm storage "cellar" not found'],
    ['storage-add data=2', ''],
  ],
  bare,
);

rows(
  'network',
  [
    ['network-get', '[2] ERROR no arguments specified'],
    ['network-get nowhere', '[1] ERROR no network config found for binding "nowhere"'],
    ['network-get admin --ingress-address', '10.1.0.5\n'],
    ['network-get juju-info --primary-address', '10.1.0.5\n'],
    ['network-get db --egress-subnets --format=json', '["10.1.0.5/32"]\n'],
    [
      'network-get db --bind-address --ingress-address --format=json',
      '{"bind-address":"10.1.0.5","ingress-address":"10.1.0.5"}\n',
    ],
    [
      'network-get db --format=json',
      '{"bind-addresses":[{"addresses":[{"cidr":"10.1.0.0/16","hostname":"","value":"10.1.0.5"}],"interface-name":"eth0","mac-address":""}],"egress-subnets":["10.1.0.5/32"],"ingress-addresses":["10.1.0.5"]}\n',
    ],
    ['unit-get private-address', '10.1.0.5\n'],
    ['unit-get', '[2] ERROR no setting specified'],
    ['unit-get shoe-size', '[2] ERROR unknown setting "shoe-size"'],
  ],
  bare,
);

rows(
  'what else a unit can ask',
  [
    [
      'goal-state',
      `relations:
  db:
    pg:
      since: "2026-01-02 03:04:05Z"
      status: joined
units:
  web/0:
    since: "2026-01-02 03:04:05Z"
    status: active
`,
    ],
    ['credential-get', '[1] ERROR cannot access cloud credentials: permission denied'],
    ['resource-get', '[2] ERROR missing required resource name'],
    ['resource-get other', '[1] ERROR could not download resource: resource#web/other not found'],
    ['application-version-set', '[2] ERROR no version specified'],
    ['juju-log', '[2] ERROR no message specified'],
    ['add-metric a=1', '[1] ERROR cannot record metric: metrics not allowed in this context'],
    ['pod-spec-set --file x', '[1] ERROR pod-spec-set not supported for sidecar charms'],
  ],
  bare,
);

test('credentials are given to a trusted application', () => {
  const trusted = hook({
    cloud: {
      type: 'kubernetes',
      name: 'k8s',
      endpoint: 'https://10.152.183.1',
      credential: { authType: 'oauth2', attrs: { Token: 't' }, redacted: [] },
    },
  });
  expect(trusted.json('credential-get')).toMatchObject({
    type: 'kubernetes',
    endpoint: 'https://10.152.183.1',
    credential: { 'auth-type': 'oauth2', attrs: { Token: 't' } },
    'skip-tls-verify': false,
  });
});

rows(
  'actions',
  [
    ['action-get name', 'Ann\n'],
    ['action-get deep.er --format=json', '[1,2]\n'],
    ['action-get deep.constructor --format=json', 'null\n'],
    ['action-get --format=json', '{"deep":{"er":[1,2]},"name":"Ann"}\n'],
    ['action-set nothing', '[2] ERROR argument "nothing" must be of the form key...=value'],
    ['action-set stdout=x', '[2] ERROR cannot set reserved action key "stdout"'],
    [
      'action-set Upper=x',
      '[2] ERROR key "Upper" must start and end with lowercase alphanumeric, and contain only lowercase alphanumeric, hyphens and periods',
    ],
    ['action-log', '[2] ERROR no message specified'],
    ['juju-reboot', '[1] ERROR juju-reboot is not supported when running an action.'],
  ],
  () => hook({}, inAction),
);

rows(
  'action tools outside actions',
  [
    ['action-get', '[1] ERROR not running an action'],
    ['action-set a=b', '[1] ERROR not running an action'],
    ['action-log hello', '[1] ERROR not running an action'],
    ['action-fail', '[1] ERROR not running an action'],
  ],
  bare,
);
