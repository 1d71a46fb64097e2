/**
 * A Kubernetes API for tests in process, behind msw: objects, who may do what, and enough of server-side apply to tell who
 * decides which fields. What the real one does is shown in test/interop/kubernetes.test.ts.
 */
import { Buffer } from 'node:buffer';
import type { ServiceAccount } from 'charmwright/kubernetes';
import { HttpResponse, http } from 'msw';
import * as z from 'zod';

const ORIGIN = 'http://kubernetes.test';

/** Of the units in these tests. */
export const ACCOUNT: ServiceAccount = {
  origin: ORIGIN,
  token: 'the-token',
  authority: '',
  namespace: 'cos',
};

/** A request that was made. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly force?: boolean;
  readonly body?: unknown;
}

type Fields = { readonly [key: string]: Fields };
interface Entry {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly fieldsV1: Fields;
}

const RESOURCES: Readonly<Record<string, readonly object[]>> = {
  '/api/v1': [
    { name: 'services', kind: 'Service', namespaced: true },
    { name: 'serviceaccounts', kind: 'ServiceAccount', namespaced: true },
  ],
  '/apis/apps/v1': [{ name: 'statefulsets', kind: 'StatefulSet', namespaced: true }],
};

const UID = '0d5f2f6d-54a7-4a0f-8d0e-7b9b1f0e4a11';
const statusShape = z.object({
  metadata: z.object({ uid: z.string() }),
  status: z.object({ conditions: z.array(z.object({ type: z.string(), status: z.string() })) }),
});
const bodyShape = z.looseObject({ metadata: z.looseObject({ name: z.string() }) });

/** The objects of one application, as Juju has made them. */
export class FakeKubernetes {
  readonly asked: Asked[] = [];
  /** Kinds, in the plural, that may be neither read nor patched. */
  readonly forbidden = new Set<string>();
  /** Of all pods: what must be said of them, and what has been. */
  readonly gates: string[] = [];
  readonly passed = new Set<string>();
  /** Of the node of each pod. */
  zone: string | undefined;
  /** What is answered to everything instead. */
  outage: { readonly status: number; readonly body: string } | undefined;
  /** What is answered to a patch instead. */
  refusal: { readonly status: number; readonly body: object } | undefined;
  readonly #objects = new Map<string, readonly Entry[]>();

  constructor(app: string) {
    for (const plural of ['statefulsets', 'services', 'serviceaccounts'])
      this.#objects.set(`${plural}/${app}`, []);
  }

  /** For msw. */
  get handler() {
    return http.all(`${ORIGIN}/*`, async ({ request }) => {
      const { pathname, searchParams } = new URL(request.url);
      const text = request.method === 'PATCH' ? await request.text() : '';
      const force = searchParams.get('force');
      this.asked.push({
        method: request.method,
        path: pathname,
        ...(force !== null && { force: force === 'true' }),
        ...(text !== '' && { body: JSON.parse(text) }),
      });
      if (request.headers.get('authorization') !== `Bearer ${ACCOUNT.token}`)
        return HttpResponse.json({ message: 'Unauthorized' }, { status: 401 });
      const { status, body } = this.#answer(request.method, pathname, text, {
        manager: searchParams.get('fieldManager') ?? '',
        force: force === 'true',
      });
      return new HttpResponse(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)), {
        status,
        headers: { 'content-type': 'application/json' },
      });
    });
  }

  /** The patches that were sent, with the kind of each, oldest first. */
  get patches(): readonly unknown[] {
    return this.asked.filter(({ method }) => method === 'PATCH').map(({ body }) => body);
  }

  /** Somebody else sets a field, and decides it from now on. `path` as in a conflict. */
  taken(object: string, manager: string, path: string): void {
    const entries = this.#objects.get(object) ?? [];
    const rest = entries.map((entry) => ({ ...entry, fieldsV1: without(entry.fieldsV1, path) }));
    this.#objects.set(object, [...rest, { manager, operation: 'Update', fieldsV1: nested(path) }]);
  }

  #answer(method: string, path: string, text: string, options: { manager: string; force: boolean }) {
    if (this.outage !== undefined) return this.outage;
    const resources = RESOURCES[path];
    if (resources !== undefined) {
      const groupVersion = path.replace(/^\/apis?\//, '');
      return { status: 200, body: { kind: 'APIResourceList', groupVersion, resources } };
    }
    const [, pod] = /\/namespaces\/cos\/pods\/([^/]+)\/status$/.exec(path) ?? [];
    if (pod !== undefined) return this.#patchPod(pod, statusShape.parse(JSON.parse(text)));
    const [, plural = '', name = ''] = /\/namespaces\/cos\/([a-z]+)\/([^/]+)$/.exec(path) ?? [];
    if (this.forbidden.has(plural) || (this.forbidden.has('nodes') && path.startsWith('/api/v1/nodes')))
      return { status: 403, body: { message: `${plural} "${name}" is forbidden: User "x" cannot` } };
    if (plural === 'pods') return { status: 200, body: this.#pod() };
    if (path === '/api/v1/nodes/node-0')
      return { status: 200, body: { metadata: { labels: { 'topology.kubernetes.io/zone': this.zone } } } };
    const key = `${plural}/${name}`;
    const entries = this.#objects.get(key);
    if (entries === undefined) return { status: 404, body: { message: `${plural} "${name}" not found` } };
    if (method === 'GET') return { status: 200, body: { metadata: { name, managedFields: entries } } };
    if (this.refusal !== undefined) return this.refusal;
    return this.#apply(key, entries, bodyShape.parse(JSON.parse(text)), options);
  }

  #pod() {
    const readinessGates = this.gates.map((conditionType) => ({ conditionType }));
    const conditions = [...this.passed].map((type) => ({ type, status: 'True' }));
    return { metadata: { uid: UID }, spec: { nodeName: 'node-0', readinessGates }, status: { conditions } };
  }

  #patchPod(name: string, { metadata, status }: z.infer<typeof statusShape>) {
    if (this.forbidden.has('pods/status'))
      return { status: 403, body: { message: `pods "${name}" is forbidden: User "x" cannot` } };
    if (metadata.uid !== UID) return { status: 422, body: { message: 'metadata.uid: field is immutable' } };
    for (const { type, status: isSo } of status.conditions) if (isSo === 'True') this.passed.add(type);
    return { status: 200, body: this.#pod() };
  }

  #apply(
    key: string,
    entries: readonly Entry[],
    { apiVersion, kind, metadata, ...rest }: z.infer<typeof bodyShape>,
    { manager, force }: { manager: string; force: boolean },
  ) {
    const { name: _name, namespace: _namespace, ...decided } = metadata;
    const fieldsV1 = fieldsOf(Object.keys(decided).length > 0 ? { metadata: decided, ...rest } : rest);
    const others = entries.filter((entry) => entry.manager !== manager);
    const wanted = new Set(leaves(fieldsV1));
    const conflicts = others.flatMap((entry) =>
      leaves(entry.fieldsV1)
        .filter((leaf) => wanted.has(leaf))
        .map((leaf) => ({
          reason: 'FieldManagerConflict',
          message: `conflict with "${entry.manager}" using apps/v1`,
          field: leaf,
        })),
    );
    if (conflicts.length > 0 && !force)
      return { status: 409, body: { message: 'conflict', details: { causes: conflicts } } };
    const kept = others.map((entry) => ({
      ...entry,
      fieldsV1: [...wanted].reduce((fields, leaf) => without(fields, leaf), entry.fieldsV1),
    }));
    const all = [...kept, { manager, operation: 'Apply', fieldsV1 } as const];
    this.#objects.set(key, all);
    return { status: 200, body: { apiVersion, kind, metadata: { ...metadata, managedFields: all } } };
  }
}

function fieldsOf(value: unknown): Fields {
  if (Array.isArray(value) && value.every((each) => z.object({ name: z.string() }).safeParse(each).success))
    return Object.fromEntries(
      value.map((each) => {
        const { name, ...rest } = each;
        return [`k:${JSON.stringify({ name })}`, fieldsOf(rest)];
      }),
    );
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [`f:${key}`, fieldsOf(inner)]));
}

function leaves(fields: Fields, path = ''): readonly string[] {
  const entries = Object.entries(fields);
  if (entries.length === 0) return path === '' ? [] : [path];
  return entries.flatMap(([key, inner]) => leaves(inner, `${path}${written(key)}`));
}

function written(key: string): string {
  if (key.startsWith('f:')) return `.${key.slice(2)}`;
  return `[name=${JSON.stringify(z.object({ name: z.string() }).parse(JSON.parse(key.slice(2))).name)}]`;
}

function without(fields: Fields, path: string, at = ''): Fields {
  return Object.fromEntries(
    Object.entries(fields)
      .map(([key, inner]) => [key, without(inner, path, `${at}${written(key)}`)] as const)
      .filter(([key, inner]) => {
        const here = `${at}${written(key)}`;
        return here !== path && (Object.keys(inner).length > 0 || !path.startsWith(here));
      }),
  );
}

/** `.spec.replicas` -> `{ 'f:spec': { 'f:replicas': {} } }` */
function nested(path: string): Fields {
  const [name, ...rest] = path.split('.').filter(Boolean);
  return name === undefined ? {} : { [`f:${name}`]: nested(rest.join('.')) };
}
