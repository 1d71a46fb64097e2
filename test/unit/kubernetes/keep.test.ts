/** Objects of Kubernetes are kept as a charm wants them: what is asked, when, and what answers mean. */
import {
  applyObject,
  type Keeper,
  KubernetesConflictError,
  KubernetesInvalidError,
  KubernetesNotFoundError,
  KubernetesUnreachableError,
  keepObjects,
  type ObjectPatch,
  readObject,
} from 'charmwright/kubernetes';
import { http, passthrough } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { ACCOUNT, FakeKubernetes } from '../../support/fake-kubernetes.ts';

const server = setupServer();
let api: FakeKubernetes;
beforeAll(() => server.listen({ onUnhandledFrame: 'error' }));
beforeEach(() => {
  api = new FakeKubernetes('web');
  server.resetHandlers(api.handler);
});
afterAll(() => server.close());

const OPTIONS = { fieldManager: 'web-charm' };
const GRACE = '.spec.template.spec.terminationGracePeriodSeconds';

function statefulSet(seconds: number): ObjectPatch {
  return {
    kind: 'StatefulSet',
    metadata: { name: 'web' },
    spec: { template: { spec: { terminationGracePeriodSeconds: seconds } } },
  };
}
const service: ObjectPatch = { kind: 'Service', metadata: { name: 'web', annotations: { 'a.b/c': 'd' } } };
const nothing: ObjectPatch = { kind: 'ServiceAccount', metadata: { name: 'web' } };

/** A unit that remembers from one dispatch to the next. */
function unit() {
  const memory = new Map<string, unknown>();
  return (kind: string): Keeper => ({
    event: { kind },
    stored: (key, schema) => z.safeParse(schema, memory.get(key)).data,
    store: (key, value) => void memory.set(key, JSON.parse(JSON.stringify(value))),
  });
}

const keep = (keeper: Keeper, patches: readonly ObjectPatch[], options = OPTIONS) =>
  keepObjects(keeper, ACCOUNT, patches, options);

describe('an object that is to be patched', () => {
  test('is applied as it was asked for, by its own field manager, and without force', async () => {
    await keep(unit()('config-changed'), [service]);
    expect(api.asked.at(-1)).toEqual({
      method: 'PATCH',
      path: '/api/v1/namespaces/cos/services/web',
      force: false,
      body: {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'web', namespace: 'cos', annotations: { 'a.b/c': 'd' } },
      },
    });
  });

  test('is asked for no more until it is to be another', async () => {
    const dispatch = unit();
    await keep(dispatch('start'), [statefulSet(60)]);
    api.asked.length = 0;
    await keep(dispatch('config-changed'), [statefulSet(60)]);
    await keep(dispatch('relation-changed'), [statefulSet(60)]);
    expect(api.asked).toEqual([]);
    await keep(dispatch('config-changed'), [statefulSet(90)]);
    expect(api.patches).toHaveLength(1);
  });

  test.each([
    'start',
    'upgrade-charm',
    'leader-elected',
    'update-status',
  ])('is looked at again in %s, and left alone when nobody was at it', async (event) => {
    const dispatch = unit();
    await keep(dispatch('install'), [statefulSet(60), nothing]);
    api.asked.length = 0;
    await keep(dispatch(event), [statefulSet(60), nothing]);
    expect(api.asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /apis/apps/v1/namespaces/cos/statefulsets/web',
    ]);
  });

  test('is looked at in any other event when the charm knows why', async () => {
    const dispatch = unit();
    await keep(dispatch('install'), [statefulSet(60)]);
    api.asked.length = 0;
    await keepObjects(dispatch('relation-changed'), ACCOUNT, [statefulSet(60)], { ...OPTIONS, look: true });
    expect(api.asked.map(({ method }) => method)).toEqual(['GET']);
  });

  test('is told of when somebody else has changed what is decided here, and only then', async () => {
    const dispatch = unit();
    await keep(dispatch('install'), [service]);
    api.taken('services/web', 'kubectl-edit', '.metadata.labels.other');
    await keep(dispatch('update-status'), [service]);
    expect(api.patches).toHaveLength(1);
    api.taken('services/web', 'kubectl-edit', '.metadata.annotations.a.b/c');
    const [kept] = await keep(dispatch('update-status'), [service]);
    expect(kept?.error).toMatchObject({ name: 'KubernetesConflictError' });
  });

  test('is given up field by field', async () => {
    const dispatch = unit();
    await keep(dispatch('install'), [service]);
    await keep(dispatch('config-changed'), [{ kind: 'Service', metadata: { name: 'web' } }]);
    expect(api.patches.at(-1)).toEqual({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web', namespace: 'cos' },
    });
  });

  test('and about which nothing is to be decided is looked at once, and never patched', async () => {
    const dispatch = unit();
    await keep(dispatch('leader-elected'), [nothing]);
    await keep(dispatch('update-status'), [nothing]);
    expect(api.asked.map(({ method }) => method)).toEqual(['GET']);
  });

  test('about which another unit has decided something is given up by a leader that knows nothing of it', async () => {
    await keep(unit()('install'), [service]);
    await keep(unit()('leader-elected'), [{ kind: 'Service', metadata: { name: 'web' } }]);
    expect(api.patches).toHaveLength(2);
  });
});

describe('a field that others decide', () => {
  test('is theirs, and they are named', async () => {
    api.taken('statefulsets/web', 'juju', GRACE);
    const error = await applyObject(ACCOUNT, statefulSet(60), OPTIONS).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(KubernetesConflictError);
    expect(error).toMatchObject({ conflicts: [{ manager: 'juju', field: GRACE }] });
    expect(api.patches).toHaveLength(1);
  });

  test('is taken where that was asked for', async () => {
    api.taken('statefulsets/web', 'juju', GRACE);
    expect(await applyObject(ACCOUNT, statefulSet(60), { ...OPTIONS, takeOver: [GRACE] })).toEqual([GRACE]);
    expect(api.asked.filter(({ method }) => method === 'PATCH').map(({ force }) => force)).toEqual([
      false,
      true,
    ]);
  });

  test('in an object with another that nobody has asked to take is not taken either', async () => {
    api.taken('statefulsets/web', 'juju', GRACE);
    api.taken('statefulsets/web', 'kubectl-edit', '.spec.replicas');
    const both: ObjectPatch = {
      kind: 'StatefulSet',
      metadata: { name: 'web' },
      spec: { replicas: 3, template: { spec: { terminationGracePeriodSeconds: 60 } } },
    };
    await expect(applyObject(ACCOUNT, both, { ...OPTIONS, takeOver: [GRACE] })).rejects.toThrow(
      '"kubectl-edit" decides .spec.replicas',
    );
  });
});

test('what others decide is tried again when somebody may have changed it, and not in between', async () => {
  const dispatch = unit();
  api.taken('statefulsets/web', 'juju', GRACE);
  const told = { name: 'KubernetesConflictError' };
  expect((await keep(dispatch('install'), [statefulSet(60)]))[0]?.error).toMatchObject(told);
  api.asked.length = 0;
  expect((await keep(dispatch('relation-changed'), [statefulSet(60)]))[0]?.error).toMatchObject(told);
  expect(api.asked).toEqual([]);
  await keep(dispatch('config-changed'), [statefulSet(60)]);
  expect(api.patches).toHaveLength(1);
});

describe('what may not be patched', () => {
  test('is told, and looked at in each hook until trust has come', async () => {
    const dispatch = unit();
    api.forbidden.add('statefulsets');
    const told = { name: 'KubernetesForbiddenError' };
    expect((await keep(dispatch('install'), [statefulSet(60)]))[0]?.error).toMatchObject(told);
    api.asked.length = 0;
    expect((await keep(dispatch('relation-changed'), [statefulSet(60)]))[0]?.error).toMatchObject(told);
    expect(api.asked.map(({ method }) => method)).toEqual(['GET']);
    api.forbidden.clear();
    expect(await keep(dispatch('config-changed'), [statefulSet(60)])).toEqual([
      { object: { kind: 'StatefulSet', name: 'web' } },
    ]);
    expect(api.patches).toHaveLength(1);
  });

  test('is no trouble where nothing is to be decided', async () => {
    api.forbidden.add('serviceaccounts');
    expect(await keep(unit()('install'), [nothing, statefulSet(60)])).toEqual([
      { object: { kind: 'ServiceAccount', name: 'web' } },
      { object: { kind: 'StatefulSet', name: 'web' } },
    ]);
  });

  test('with a token that is not accepted is the same', async () => {
    const other = { ...ACCOUNT, token: 'old' };
    const [kept] = await keepObjects(unit()('install'), other, [statefulSet(60)], OPTIONS);
    expect(kept?.error).toMatchObject({ name: 'KubernetesForbiddenError' });
    expect(kept?.error?.message).not.toContain('old');
  });
});

describe('an API server that', () => {
  const shape = z.object({ metadata: z.object({ name: z.string() }) });
  const read = () => readObject(ACCOUNT, { kind: 'Service', name: 'web' }, shape);

  test('has no such object is told so, and nothing is made', async () => {
    const other: ObjectPatch = { kind: 'Service', metadata: { name: 'gone' } };
    await expect(applyObject(ACCOUNT, other, OPTIONS)).rejects.toThrow(KubernetesNotFoundError);
    expect(api.patches).toEqual([]);
  });

  test('refuses what the object would be says why', async () => {
    const message = 'StatefulSet.apps "web" is invalid: must be less than or equal to memory limit of 1Gi';
    api.refusal = { status: 422, body: { message } };
    const error = await applyObject(ACCOUNT, statefulSet(60), OPTIONS).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(KubernetesInvalidError);
    expect(error).toMatchObject({ reason: message });
  });

  test.each([
    ['is overloaded', 503, '{"message":"the server is overloaded"}'],
    ['is something else', 200, '<html>Welcome</html>'],
    ['answers with another thing', 200, '{"metadata":[]}'],
    ['answers nothing', 500, ''],
    ['says much', 500, 'x'.repeat(100_000)],
    ['talks in riddles', 409, '{"details":{"causes":"many"}}'],
  ])('%s may be another one later', async (_what, status, body) => {
    api.outage = { status, body };
    const error = await read().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(KubernetesUnreachableError);
    expect(String(error).length).toBeLessThan(500);
    const [kept] = await keep(unit()('install'), [statefulSet(60)]);
    expect(kept?.error?.name).toBe('KubernetesUnreachableError');
  });

  test('is not there may be there later', async () => {
    const nobody = { ...ACCOUNT, origin: 'http://127.0.0.1:1' };
    server.use(http.all(`${nobody.origin}/*`, () => passthrough()));
    await expect(readObject(nobody, { kind: 'Node', name: 'a' }, shape)).rejects.toThrow(
      KubernetesUnreachableError,
    );
  });
});
