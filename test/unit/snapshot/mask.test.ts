/** What of a live unit is nobody else's to read. */
import { context, snapshotState, state } from 'charmwright/testing';
import { describe, expect, test } from 'vitest';
import { Commands } from '../../../lib/snapshot/commands.ts';
import { parseSnapshot, type Snapshot, type SnapshotState } from '../../../lib/snapshot/format.ts';
import { Mask, namesCredential } from '../../../lib/snapshot/mask.ts';
import { maskState } from '../../../lib/snapshot/mask-state.ts';
import { hello } from '../../charms/hello/charm/charm.ts';

const bare: SnapshotState = {
  leader: true,
  unitNumber: 0,
  plannedUnits: 1,
  config: {},
  relations: [],
  containers: {},
  secrets: [],
  storages: [],
  ports: [],
  charmState: {},
  networks: {},
  model: { name: 'm', uuid: '3a1f5e0c-0000-4000-8000-0000000000aa' },
  unitStatus: { name: 'active', message: '' },
  appStatus: { name: 'active', message: '' },
  workloadVersion: '',
  resources: {},
};

function related(remoteAppData: Readonly<Record<string, string>>): SnapshotState {
  const relation = {
    id: 1,
    endpoint: 's3',
    isPeer: false,
    remoteApp: 'minio',
    remoteUnits: {},
    departed: [],
  };
  return { ...bare, relations: [{ ...relation, localAppData: {}, localUnitData: {}, remoteAppData }] };
}

const databag = (bag: Readonly<Record<string, string>>) =>
  maskState(related(bag)).state.relations[0]?.remoteAppData;

describe('names of credentials', () => {
  test.each([
    'password',
    'db-password',
    'DB_PASSWORD',
    'dbPassword',
    'secret-key',
    'client_secret',
    'token',
    'access-key',
  ])('%s is one', (name) => expect(namesCredential(name)).toBe(true));
  // The second names what shall be given, the others where it is or whose it is.
  test.each([
    'endpoint',
    'requested-secrets',
    'username',
    'keyring',
    'passthrough',
    'tokens-file',
  ])('%s is none', (name) => expect(namesCredential(name)).toBe(false));
});

describe('databags', () => {
  test('what is named as a credential is replaced, the rest stays', () => {
    expect(databag({ 'secret-key': 'abcdefgh1234', bucket: 'metrics' })).toEqual({
      'secret-key': 'masked-secret-key',
      bucket: 'metrics',
    });
  });

  test('a reference to a secret is none itself', () => {
    const bag = { 'secret-extra': 'secret:h6c4vml77bjnv6m0gp83', password: 'secret:h6c4vml77bjnv6m0gp83' };
    expect(databag(bag)).toEqual(bag);
  });

  test('JSON inside a value is looked through', () => {
    expect(databag({ data: '{"users":[{"name":"ann","password":"hunter2hunter2"}]}' })).toEqual({
      data: '{"users":[{"name":"ann","password":"masked-password"}]}',
    });
  });

  test('of an address only the password is hidden', () => {
    expect(databag({ uris: 'postgresql://ann:hunter2hunter2@db:5432/x' })).toEqual({
      uris: 'postgresql://ann:masked-uris-password@db:5432/x',
    });
  });

  test('a private key is hidden wherever it stands', () => {
    const key = '-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIA\n-----END EC PRIVATE KEY-----';
    expect(JSON.stringify(maskState(related({ ca: `# ours\n${key}\n` })))).not.toContain('MHcCAQEEIA');
  });
});

describe('one value, one placeholder', () => {
  test('a secret is the same in the databag, the file and the memory that hold it', () => {
    const mask = new Mask();
    mask.hide('correct-horse', 'root-password', 'secret root, password');
    expect(mask.apply({ a: 'correct-horse', b: 'PASS=correct-horse\n', c: '{"p":"correct-horse"}' })).toEqual(
      {
        a: 'masked-root-password',
        b: 'PASS=masked-root-password\n',
        c: '{"p":"masked-root-password"}',
      },
    );
  });

  test('an account that is called as the application changes no name', () => {
    const content = { username: 'mimir-k8s', password: 'abcdefgh1234' };
    const secret = { id: 'h6c4vml77bjnv6m0gp83', owner: 'none', readable: true } as const;
    const before = related({ account: 'mimir-k8s', app: 'mimir-k8s-x' });
    const { state } = maskState({
      ...before,
      secrets: [{ ...secret, grants: [], revisions: [{ revision: 1, content }] }],
    });
    expect(state.relations[0]?.remoteApp).toBe('minio');
    expect(state.relations[0]?.remoteAppData.account).toBe('masked-h6c4vml77bjnv6m0gp83-username');
  });

  test('two values of one name are told apart', () => {
    const mask = new Mask();
    mask.learn('', [{ token: 'aaaaaaaa' }, { token: 'bbbbbbbb' }], 'a databag');
    expect(mask.apply(['aaaaaaaa', 'bbbbbbbb'])).toEqual(['masked-token', 'masked-token-2']);
  });

  test('when its own databag is masked the unit asks Juju what it has published', () => {
    const ledger = { 'charmwright.relations': '{', 'charmwright.relations.1': '}', 'stored.x': '1' };
    const own = (localAppData: Readonly<Record<string, string>>) =>
      related({}).relations.map((relation) => ({ ...relation, localAppData }));
    const kept = maskState({ ...bare, charmState: ledger, relations: own({ bucket: 'b' }) }).state;
    expect(kept.charmState).toEqual(ledger);
    const dropped = maskState({
      ...bare,
      charmState: ledger,
      relations: own({ password: 'abcdefgh' }),
    }).state;
    expect(dropped.charmState).toEqual({ 'stored.x': '1' });
  });
});

describe('the file', () => {
  const snapshot: Snapshot = {
    format: 'charmwright-snapshot',
    version: 1,
    taken: '2026-01-01T00:00:00.000Z',
    unit: 'hello-k8s/0',
    charm: 'hello-k8s',
    jujuVersion: '3.6.14',
    masked: {},
    notes: [],
    state: bare,
  };

  test('becomes a state that events run from', async () => {
    const world = snapshotState({ ...snapshot, state: { ...bare, charmState: { 'stored.count': '3' } } });
    expect(world.stored).toEqual({ count: 3 });
    const after = await context(hello).run('update-status', world);
    expect(after.unitStatus).toEqual({ name: 'active', message: 'hello' });
    expect(state(world)).toEqual(world);
  });

  test.each([
    ['{', 'cannot read x.json: it is not JSON'],
    ['{"a":1}', 'cannot read x.json: it is not what charmwright snapshot writes'],
    [JSON.stringify({ ...snapshot, version: 99 }), 'it is of version 99, and this reads 1; take it again'],
    [JSON.stringify({ ...snapshot, state: { ...bare, leader: 'yes' } }), 'cannot read x.json: state.leader:'],
  ])('%# says what is wrong with it', (text, said) => {
    expect(() => parseSnapshot(text, 'x.json')).toThrow(said);
  });
});

test("juju's own form of a secret is read as well: it nests the content", async () => {
  const answer = { h6c4vml77bjnv6m0gp83: { revision: 3, owner: 'm', content: { Data: { key: 'value' } } } };
  const commands = new Commands(async () => ({ code: 0, stdout: JSON.stringify(answer), stderr: '' }));
  expect(await commands.secret('h6c4vml77bjnv6m0gp83')).toEqual({ revision: 3, content: { key: 'value' } });
});
